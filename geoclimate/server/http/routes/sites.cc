#include <optional>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/forecast_json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/site_json.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::int64_t kDefaultLimit = 100;
constexpr std::int64_t kMostLimit = 1000;

base::Result<void> AnswerSites(const service::Sites& sites, const Request& request,
                               Response& response) {
  QueryFields query(request);
  service::SiteSearch search;
  search.box = query.Box("bbox");
  search.pollutant = query.PollutantOf("pollutant");
  search.text = std::string(query.Text("q").value_or(""));
  search.after = query.Site("cursor");
  search.limit =
      static_cast<std::size_t>(query.Integer("limit", 1, kMostLimit).value_or(kDefaultLimit));
  if (query.AnswerInvalid(response)) return {};
  const auto directory = sites.Directory();
  const service::SitePage page = directory->Search(search);
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("sites").BeginArray();
  for (const service::ListedSite* listed : page.sites) {
    json.BeginObject();
    WriteListedSite(json, *listed);
    json.EndObject();
  }
  json.EndArray().Key("next_cursor");
  if (page.more == service::SitePage::More::kYes) {
    json.String(page.sites.back()->site.id.ToString());
  } else {
    json.Null();
  }
  json.EndObject();
  return {};
}

void WriteForecastSummary(formats::JsonWriter& json, const service::SharedTable& table,
                          airquality::SiteId id) {
  const forecast::SiteForecast* site = table->Find(id);
  if (site == nullptr) {
    json.Null();
    return;
  }
  json.BeginObject();
  WriteIssueFields(json, *table);
  json.Key("days").BeginArray();
  for (const forecast::DayForecast& day : site->days) {
    json.BeginObject();
    WriteDayFields(json, *table, *site, day);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

class SiteHandler {
 public:
  SiteHandler(const service::Sites& sites, const service::SiteValues& values,
              const service::Forecasts& forecasts)
      : sites_(sites), values_(values), forecasts_(forecasts) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    const std::string_view text = request.path_parameter("site_id");
    const auto id = airquality::SiteId::Parse(text);
    const auto directory = sites_.Directory();
    const service::ListedSite* site = id.ok() ? directory->Find(*id) : nullptr;
    if (site == nullptr) return base::NotFound(fmt::format("there is no site '{}'", text));
    const base::LocalDay as_of = forecasts_.AsOf(request.timestamp());
    GC_ASSIGN_OR_RETURN(
        const service::CurrentValues current,
        values_.Current(*site, as_of,
                        forecasts_.CurrentMoment(site->site.utc_offset, request.timestamp())));
    formats::JsonWriter json(response.body());
    json.BeginObject();
    WriteListedSite(json, *site);
    json.Key("current").BeginObject();
    DayField(json, "as_of", as_of);
    WriteCurrentValues(json, current, site->site);
    json.EndObject().Key("forecast");
    if (const auto table = forecasts_.Current(request.timestamp()); table.ok()) {
      WriteForecastSummary(json, *table, *id);
    } else {
      json.Null();
    }
    json.EndObject();
    return {};
  }

 private:
  const service::Sites& sites_;
  const service::SiteValues& values_;
  const service::Forecasts& forecasts_;
};

}  // namespace

void AddSiteRoutes(const service::Sites& sites, const service::SiteValues& values,
                   const service::Forecasts& forecasts, RouteTable& table) {
  const auto parameter = [](std::string_view name, std::string_view schema,
                            std::string_view description) {
    return ParameterDoc{
        .name = name, .in = ParameterDoc::In::kQuery, .schema = schema, .description = description};
  };
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/sites",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "Sites with what was measured there",
       .tag = "Air quality",
       .parameters =
           {parameter("bbox", R"({"type":"string"})", "west,south,east,north in degrees"),
            parameter("pollutant", R"({"type":"string"})", "Sites that measured it"),
            parameter("q", R"({"type":"string"})", "Part of the id, name, county, state or area"),
            parameter("limit", R"({"type":"integer","minimum":1,"maximum":1000,"default":100})",
                      "Sites of a page"),
            parameter("cursor", R"({"type":"string"})", "next_cursor of the page before")},
       .responses = {{200, "A page, ordered by id; next_cursor is null on the last",
                      "application/json", "SitePage"}},
       .handler = [&sites](const Request& request, Response& response) {
         return AnswerSites(sites, request, response);
       }});
  table.routes.push_back({.method = Method::kGet,
                          .path = "/v1/sites/{site_id}",
                          .scope = Scope::kRead,
                          .listener = Listener::kPublic,
                          .execution = Execution::kDatabase,
                          .summary = "A site, its newest values and the summary of its forecast",
                          .tag = "Air quality",
                          .parameters = {{.name = "site_id",
                                          .in = ParameterDoc::In::kPath,
                                          .presence = ParameterDoc::Presence::kRequired,
                                          .schema = R"({"type":"string"})",
                                          .description = "06-037-1103"}},
                          .responses = {{200, "The site", "application/json", "SiteDetail"},
                                        {404, "No such site", "application/json", "Error"}},
                          .handler = SiteHandler(sites, values, forecasts)});
}

}  // namespace geoclimate::server::http::routes
