#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/forecast_bulk.h"
#include "geoclimate/server/http/routes/forecast_pages.h"
#include "geoclimate/server/http/routes/place_json.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/snapshot.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr int kLongestHorizon = 3;

// The pages of the table that is served, rendered on the thread that follows the table store.
class ServedPages {
 public:
  explicit ServedPages(const service::Forecasts& forecasts) : forecasts_(forecasts) {}

  void Render(const service::SharedTable& table) {
    pages_.Publish(table == nullptr ? nullptr
                                    : std::make_shared<const ForecastPages>(
                                          table, forecasts_.CurrentUntil(*table)));
    // A request in flight may still copy from the pages before; it takes microseconds.
    for (int attempt = 0; attempt < 1000 && pages_.Reclaim() > 0; ++attempt) {
      std::this_thread::yield();
    }
  }

  auto Acquire() const { return pages_.Acquire(); }
  auto Share() const { return pages_.Share(); }

 private:
  const service::Forecasts& forecasts_;
  service::SnapshotCell<ForecastPages> pages_;
};

struct Wanted {
  std::optional<airquality::SiteId> site;
  std::optional<airquality::Coordinates> place;
  std::optional<service::BoundingBox> box;
  ForecastSelection selection;
  BulkFormat format = BulkFormat::kJson;
};

class ForecastHandler {
 public:
  ForecastHandler(const service::Forecasts& forecasts, const service::Models& models,
                  std::shared_ptr<const ServedPages> pages, const PageCompression& compression)
      : forecasts_(forecasts),
        models_(models),
        served_(std::move(pages)),
        compression_(compression) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    QueryFields query(request);
    const Wanted wanted = Read(query);
    if (query.AnswerInvalid(response)) return {};
    const auto pages = served_->Acquire();
    if (!pages || pages->current_until() <= request.timestamp()) {
      return forecasts_.WhyNone(request.timestamp());
    }
    if (wanted.box) return AnswerBulk(request, response, wanted);
    if (wanted.site) return AnswerSite(request, response, *pages, wanted);
    return AnswerPlace(request, response, *pages, wanted);
  }

 private:
  static Wanted Read(QueryFields& query) {
    Wanted wanted;
    wanted.site = query.Site("site");
    wanted.place = query.Place();
    wanted.box = query.Box("bbox");
    wanted.selection.pollutants = query.Pollutants("pollutant");
    wanted.selection.horizons = query.Horizons("horizon", kLongestHorizon);
    wanted.format = static_cast<BulkFormat>(query.Choice("format", {"json", "csv", "geojson"}));
    const int ways = (query.Has("site") ? 1 : 0) +
                     (query.Has("latitude") || query.Has("longitude") ? 1 : 0) +
                     (query.Has("bbox") ? 1 : 0);
    if (ways != 1) {
      query.Wrong("site", "give one of site, latitude with longitude, and bbox",
                  ways == 0 ? "missing" : "value_error");
    }
    if (wanted.format != BulkFormat::kJson && !query.Has("bbox")) {
      query.Wrong("format", "csv and geojson are for a bbox");
    }
    return wanted;
  }

  // True when the caller has the answer already.
  bool SetHeaders(const Request& request, Response& response, const ForecastPages& pages) const {
    std::array<char, 24> age;
    const auto [end, error] =
        std::to_chars(age.data(), age.data() + age.size(), forecasts_.SinceConfirmed().count());
    static_cast<void>(error);
    response.AddHeader("Cache-Control", "public, max-age=300, stale-if-error=86400");
    response.AddHeader("Age", {age.data(), static_cast<std::size_t>(end - age.data())});
    return response.AnswerNotModified(request, pages.etag());
  }

  base::Result<void> AnswerSite(const Request& request, Response& response,
                                const ForecastPages& pages, const Wanted& wanted) const {
    const int site = pages.Find(*wanted.site);
    if (site < 0) {
      return base::NotFound(
          fmt::format("there is no forecast for site '{}'", wanted.site->ToString()));
    }
    if (SetHeaders(request, response, pages)) return {};
    const bool gzip = request.accepts_gzip() && wanted.selection.IsWhole() &&
                      pages.SizeOf(site) >= compression_.minimum_bytes;
    if (gzip) {
      response.set_body_is_gzip();
      response.body() += pages.Gzipped(site, compression_.level);
      return {};
    }
    response.body() += '{';
    pages.Append(site, wanted.selection, response.body());
    return {};
  }

  base::Result<void> AnswerPlace(const Request& request, Response& response,
                                 const ForecastPages& pages, const Wanted& wanted) const {
    const auto nearest = pages.table().FindNearest(*wanted.place);
    if (pages.places().available() && !(nearest && nearest->distance_km <= service::kAtSiteKm)) {
      GC_ASSIGN_OR_RETURN(const forecast::PlaceForecast place,
                          service::ForecastPlace(models_, pages.places(), *wanted.place));
      if (SetHeaders(request, response, pages)) return {};
      AppendPlaceForecast(response.body(), pages.table(), place, wanted.selection);
      return {};
    }
    // Without forecasters of places the nearest site stands for the place.
    const double most = forecasts_.options().max_distance_km;
    if (!nearest || nearest->distance_km > most) {
      return base::NotFound(
          fmt::format("no site with a forecast lies within {} km of {}, {}{}", most,
                      wanted.place->latitude, wanted.place->longitude,
                      nearest ? fmt::format("; the nearest, '{}', is {:.0f} km away",
                                            nearest->site->id.ToString(), nearest->distance_km)
                              : std::string()));
    }
    if (SetHeaders(request, response, pages)) return {};
    std::array<char, 32> distance;
    const auto [end, error] = std::to_chars(distance.data(), distance.data() + distance.size(),
                                            nearest->distance_km, std::chars_format::fixed, 3);
    static_cast<void>(error);
    response.body() += "{\"distance_km\":";
    response.body().append(distance.data(), static_cast<std::size_t>(end - distance.data()));
    response.body() += ',';
    pages.Append(pages.IndexOf(*nearest->site), wanted.selection, response.body());
    return {};
  }

  base::Result<void> AnswerBulk(const Request& request, Response& response,
                                const Wanted& wanted) const {
    std::shared_ptr<const ForecastPages> pages = served_->Share();
    if (pages == nullptr) return forecasts_.WhyNone(request.timestamp());
    response.set_content_type(BulkContentType(wanted.format));
    if (SetHeaders(request, response, *pages)) return {};
    response.Continue(
        Response::Delivery::kStreamed,
        MakeForecastBulkTask(std::move(pages), *wanted.box, wanted.selection, wanted.format));
    return {};
  }

  const service::Forecasts& forecasts_;
  const service::Models& models_;
  std::shared_ptr<const ServedPages> served_;
  const PageCompression compression_;
};

std::vector<ParameterDoc> Parameters() {
  const auto in_query = [](std::string_view name, std::string_view schema,
                           std::string_view description) {
    return ParameterDoc{
        .name = name, .in = ParameterDoc::In::kQuery, .schema = schema, .description = description};
  };
  return {
      in_query("site", R"({"type":"string"})", "Site id, 06-037-1103"),
      in_query("latitude", R"({"type":"number","minimum":-90,"maximum":90})",
               "With longitude: a place. Within 1 km of a site it is the site's forecast, else one "
               "from the sites within 100 km that report"),
      in_query("longitude", R"({"type":"number","minimum":-180,"maximum":180})", "With latitude"),
      in_query("bbox", R"({"type":"string"})",
               "west,south,east,north in degrees: every site in the box, streamed"),
      in_query("pollutant", R"({"type":"string"})", "Comma list, PM2.5,O3; all by default"),
      in_query("horizon", R"({"type":"string"})", "Comma list of 1 to 3 days; all by default"),
      in_query("format", R"({"enum":["json","csv","geojson"],"default":"json"})", "For a bbox")};
}

}  // namespace

void AddForecastRoute(service::Forecasts& forecasts, const service::Models& models,
                      const PageCompression& compression, RouteTable& table) {
  auto pages = std::make_shared<ServedPages>(forecasts);
  forecasts.Subscribe([pages](const service::SharedTable& shared) { pages->Render(shared); });
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/v1/forecast",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .summary = "The next days' air quality at a site, a place, or every site in a box",
       .tag = "Air quality",
       .parameters = Parameters(),
       .responses =
           {{200, "The forecast", "application/json", "SiteForecast"},
            {304, "The ETag in If-None-Match is the current one", {}, {}},
            {404,
             "No such site, no reporting site near enough, or no current forecast: the newest "
             "observations are too old to forecast from, and the answer says how old",
             "application/json", "Error"},
            {503, "The forecasts are being computed, or a model of places is not loaded yet",
             "application/json", "Error"}},
       .handler = ForecastHandler(forecasts, models, std::move(pages), compression)});
}

}  // namespace geoclimate::server::http::routes
