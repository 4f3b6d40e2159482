#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/site_json.h"

namespace geoclimate::server::http::routes {
namespace {

class CurrentHandler {
 public:
  CurrentHandler(const service::Sites& sites, const service::SiteValues& values,
                 const service::Forecasts& forecasts)
      : sites_(sites), values_(values), forecasts_(forecasts) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    QueryFields query(request);
    const auto site = query.Site("site");
    const auto place = query.Place();
    if (query.Has("site") == (query.Has("latitude") || query.Has("longitude"))) {
      query.Wrong("site", "give either site, or latitude with longitude", "missing");
    }
    if (query.AnswerInvalid(response)) return {};
    const auto directory = sites_.Directory();
    GC_ASSIGN_OR_RETURN(const service::NearbySite found,
                        Locate(*directory, site, place, forecasts_.options().max_distance_km));
    const base::LocalDay as_of = forecasts_.AsOf(request.timestamp());
    GC_ASSIGN_OR_RETURN(const service::CurrentValues current,
                        values_.Current(*found.site, as_of,
                                        forecasts_.CurrentMoment(found.site->site.utc_offset,
                                                                 request.timestamp())));
    formats::JsonWriter json(response.body());
    json.BeginObject();
    SiteIdField(json, found.site->site.id);
    json.Key("name").String(found.site->site.name);
    CoordinateFields(json, found.site->site.coordinates);
    if (place) json.Key("distance_km").Double(found.distance_km);
    DayField(json, "as_of", as_of);
    WriteCurrentValues(json, current, found.site->site);
    json.EndObject();
    return {};
  }

 private:
  const service::Sites& sites_;
  const service::SiteValues& values_;
  const service::Forecasts& forecasts_;
};

}  // namespace

void AddCurrentRoute(const service::Sites& sites, const service::SiteValues& values,
                     const service::Forecasts& forecasts, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/current",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kDatabase,
       .summary =
           "The newest value of each pollutant at a site or a place: NowCast, else the day's",
       .tag = "Air quality",
       .parameters = {{.name = "site",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Site id, 06-037-1103"},
                      {.name = "latitude",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"number","minimum":-90,"maximum":90})",
                       .description = "With longitude: the nearest site within 100 km"},
                      {.name = "longitude",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"number","minimum":-180,"maximum":180})",
                       .description = "With latitude"}},
       .responses = {{200,
                      "The values; the AQI is the largest among those of the newest day, so that "
                      "an old value does not look live",
                      "application/json", "Current"},
                     {404, "No such site, or none near enough", "application/json", "Error"}},
       .handler = CurrentHandler(sites, values, forecasts)});
}

}  // namespace geoclimate::server::http::routes
