#include "geoclimate/server/http/routes/json_fields.h"

#include <array>
#include <chrono>

#include "geoclimate/airquality/health.h"

namespace geoclimate::server::http::routes {
namespace {

void PutDigits(char* at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

void AppendTimestamp(std::string& out, base::Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto seconds =
      static_cast<unsigned>(std::chrono::floor<std::chrono::seconds>(time - day).count());
  std::array<char, 22> text = {'"', '0', '0', '0', '0', '-', '0', '0', '-', '0', '0',
                               'T', '0', '0', ':', '0', '0', ':', '0', '0', 'Z', '"'};
  PutDigits(&text[1], static_cast<unsigned>(static_cast<int>(date.year())), 4);
  PutDigits(&text[6], static_cast<unsigned>(date.month()), 2);
  PutDigits(&text[9], static_cast<unsigned>(date.day()), 2);
  PutDigits(&text[12], seconds / 3600, 2);
  PutDigits(&text[15], seconds / 60 % 60, 2);
  PutDigits(&text[18], seconds % 60, 2);
  out.append(text.data(), text.size());
}

void TimestampField(formats::JsonWriter& json, std::string_view key, base::Timestamp time) {
  json.Key(key).String(base::FormatTimestamp(time));
}

void DayField(formats::JsonWriter& json, std::string_view key, base::LocalDay day) {
  json.Key(key).String(base::FormatDay(day));
}

void DayField(formats::JsonWriter& json, std::string_view key,
              const std::optional<base::LocalDay>& day) {
  if (day) {
    DayField(json, key, *day);
  } else {
    json.Key(key).Null();
  }
}

void SiteIdField(formats::JsonWriter& json, airquality::SiteId id) {
  json.Key("site_id").String(id.ToString());
}

void CoordinateFields(formats::JsonWriter& json,
                      const std::optional<airquality::Coordinates>& coordinates) {
  if (coordinates) {
    json.Key("latitude").Double(coordinates->latitude);
    json.Key("longitude").Double(coordinates->longitude);
  } else {
    json.Key("latitude").Null().Key("longitude").Null();
  }
}

void ConcentrationField(formats::JsonWriter& json, std::string_view key,
                        airquality::Concentration value) {
  json.Key(key).Raw(value.ToString());
}

void CategoryFields(formats::JsonWriter& json, int aqi) {
  const airquality::AqiCategoryTraits& traits = airquality::Traits(airquality::CategoryOf(aqi));
  json.Key("category").String(traits.name).Key("color").String(traits.color.hex);
}

void HealthAdviceField(formats::JsonWriter& json, airquality::Pollutant pollutant, int aqi) {
  json.Key("health_advice").BeginArray();
  for (const airquality::GroupAdvice& one :
       airquality::HealthAdvice(pollutant, airquality::CategoryOf(aqi))) {
    json.BeginObject().Key("groups").BeginArray();
    for (const airquality::PopulationGroup group : one.groups) json.String(airquality::Name(group));
    json.EndArray().Key("advice").String(one.advice).EndObject();
  }
  json.EndArray();
}

}  // namespace geoclimate::server::http::routes
