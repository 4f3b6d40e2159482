#include <cmath>

#include <fmt/format.h>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Unit;

std::optional<Unit> ParseUnit(std::string_view text) {
  for (const std::string_view spelling :
       {"ug/m3", "\xC2\xB5g/m3", "\xC2\xB5g/m\xC2\xB3", "ug/m\xC2\xB3"}) {
    if (text == spelling) return Unit::kMicrogramsPerCubicMeter;
  }
  if (text == "ppm") return Unit::kPartsPerMillion;
  if (text == "ppb") return Unit::kPartsPerBillion;
  return std::nullopt;
}

// In the pollutant's EPA unit; nothing where that would take the weight of its molecules and the
// temperature of the air.
std::optional<airquality::Concentration> Convert(airquality::Concentration value, Unit from,
                                                 Unit to) {
  constexpr std::int64_t kBillionthsPerMillionth = 1000;
  if (from == to) return value;
  if (from == Unit::kPartsPerMillion && to == Unit::kPartsPerBillion) {
    constexpr std::int64_t kMost = std::int64_t{9'000'000'000} * 1'000'000;
    if (std::abs(value.micro()) > kMost / kBillionthsPerMillionth) return std::nullopt;
    return airquality::Concentration::FromMicro(value.micro() * kBillionthsPerMillionth);
  }
  if (from == Unit::kPartsPerBillion && to == Unit::kPartsPerMillion) {
    return airquality::Concentration::FromMicro(value.micro() / kBillionthsPerMillionth);
  }
  return std::nullopt;
}

base::Result<void> AnswerAqi(const Request& request, Response& response) {
  QueryFields query(request);
  query.Required("pollutant");
  const auto pollutant = query.PollutantOf("pollutant");
  const auto text = query.Required("concentration");
  const auto unit_text = query.Text("unit");
  const auto table_name = query.Text("table");
  if (query.AnswerInvalid(response)) return {};

  const airquality::PollutantTraits& traits = airquality::Traits(*pollutant);
  auto value = airquality::Concentration::Parse(*text);
  if (!value.ok()) query.Wrong("concentration", value.error().message());
  if (unit_text && value.ok()) {
    const auto unit = ParseUnit(*unit_text);
    const auto converted = unit ? Convert(*value, *unit, traits.unit) : std::nullopt;
    if (converted) {
      value = *converted;
    } else {
      query.Wrong("unit", fmt::format("'{}' does not convert to {} of {}", *unit_text,
                                      traits.unit_name, traits.name));
    }
  }
  const airquality::BreakpointTable* table = &airquality::NewestTable(*pollutant);
  if (table_name) {
    const auto found = airquality::ParseTable(*pollutant, *table_name);
    if (found.ok()) {
      table = *found;
    } else {
      query.Wrong("table", found.error().message());
    }
  }
  if (query.AnswerInvalid(response)) return {};

  const airquality::AqiValue aqi = airquality::Aqi(*table, *value);
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("pollutant").String(traits.name);
  ConcentrationField(json, "concentration", *value);
  json.Key("unit").String(traits.unit_name).Key("aqi").Integer(aqi.aqi);
  CategoryFields(json, aqi.aqi);
  ConcentrationField(json, "truncated_concentration", aqi.truncated);
  json.Key("aqi_table").String(aqi.table).EndObject();
  return {};
}

}  // namespace

void AddAqiRoute(RouteTable& table) {
  const auto parameter = [](std::string_view name, ParameterDoc::Presence presence,
                            std::string_view description) {
    return ParameterDoc{.name = name,
                        .in = ParameterDoc::In::kQuery,
                        .presence = presence,
                        .schema = R"({"type":"string"})",
                        .description = description};
  };
  using Presence = ParameterDoc::Presence;
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/aqi",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "The AQI of a concentration",
       .tag = "Air quality",
       .parameters = {parameter("pollutant", Presence::kRequired, "PM2.5, PM10, O3, NO2, SO2, CO"),
                      parameter("concentration", Presence::kRequired, "The daily value"),
                      parameter("unit", Presence::kOptional,
                                "ug/m3, ppm or ppb; the unit of EPA's daily file by default"),
                      parameter("table", Presence::kOptional,
                                "epa-2024, or a date for the one in force then; the newest by "
                                "default")},
       .responses = {{200, "The AQI", "application/json",
                      R"({"type":"object","properties":{"pollutant":{"type":"string"},
                          "concentration":{"type":"number"},"unit":{"type":"string"},
                          "aqi":{"type":"integer"},"category":{"type":"string"},
                          "color":{"type":"string"},"truncated_concentration":{"type":"number"},
                          "aqi_table":{"type":"string"}}})"}},
       .handler = AnswerAqi});
}

}  // namespace geoclimate::server::http::routes
