#include "geoclimate/forecast/place_forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "geoclimate/features/site_geometry.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/forecast/row_forecast.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

std::size_t Slot(Pollutant pollutant) {
  return static_cast<std::size_t>(airquality::Index(pollutant));
}

base::Result<std::shared_ptr<const inference::LoadedModel>> Find(
    const PlaceForecaster::FindModel& find, const TableContent& content,
    std::optional<std::uint16_t> model) {
  if (!model) return std::shared_ptr<const inference::LoadedModel>();
  const std::string& id = content.model_ids[*model];
  std::shared_ptr<const inference::LoadedModel> loaded = find(id);
  const bool fits =
      loaded != nullptr && loaded->forecaster() != nullptr &&
      features::CheckPlaceSchema(loaded->schema(), loaded->forecaster()->pollutant).ok();
  if (fits) return loaded;
  return base::Unavailable(
      fmt::format("the model '{}', which forecasts places, is not loaded: ask again later", id));
}

}  // namespace

PlaceForecaster::PlaceForecaster(const TableContent& content)
    : content_(content),
      report_{.day = content.as_of, .values = {}},
      tables_(NewestAqiTables()),
      levels_(content.error_correlations) {
  for (const ReportingSite& site : content.places.sites) {
    sites_.push_back(site.coordinates);
    for (std::size_t p = 0; p < site.values.size(); ++p) {
      report_.values[p].push_back(site.values[p]);
    }
  }
}

base::Result<PlaceForecast> PlaceForecaster::Forecast(const airquality::Coordinates& place,
                                                      const FindModel& find) const {
  const std::vector<features::Neighbour> neighbours = features::NeighboursOf(place, sites_);
  PlaceForecast answer;
  answer.forecast.coordinates = place;
  for (int horizon = 1; horizon <= kMaxHorizonDays; ++horizon) {
    answer.forecast.days.push_back({.horizon_days = horizon, .pollutants = {}});
  }
  for (const Pollutant pollutant : airquality::kPollutants) {
    GC_RETURN_IF_ERROR(ForecastPollutant(pollutant, neighbours, find, answer.forecast));
  }
  std::erase_if(answer.forecast.days,
                [](const DayForecast& day) { return day.pollutants.empty(); });
  if (answer.forecast.days.empty()) {
    return base::NotFound(fmt::format(
        "no site within {} km of {}, {} reports what is forecast of places{}", kPlaceReachKm,
        place.latitude, place.longitude,
        neighbours.empty() ? fmt::format(", and none within {} km reports anything",
                                         features::SiteGeometry::kRadiusKm)
                           : fmt::format("; the nearest that reports, '{}', is {:.0f} km away",
                                         content_.places.sites[neighbours[0].site].id.ToString(),
                                         neighbours[0].distance_km)));
  }
  for (DayForecast& day : answer.forecast.days) FillOverallAqi(tables_, levels_, day);
  const ReportingSite& nearest = content_.places.sites[neighbours[0].site];
  answer.forecast.utc_offset = nearest.utc_offset;
  answer.nearest = nearest.id;
  answer.nearest_km = airquality::DistanceKm(place, nearest.coordinates);
  return answer;
}

base::Result<void> PlaceForecaster::ForecastPollutant(
    Pollutant pollutant, std::span<const features::Neighbour> neighbours, const FindModel& find,
    SiteForecast& forecast) const {
  const auto& models_of = content_.places.models[Slot(pollutant)];
  const std::vector<features::ReportedValues>& values = report_.values[Slot(pollutant)];
  const bool in_reach = std::ranges::any_of(neighbours, [&](const features::Neighbour& neighbour) {
    return neighbour.distance_km <= kPlaceReachKm && values[neighbour.site].reports();
  });
  if (!in_reach) return {};
  std::vector<float> row(features::PlaceSchema(pollutant).size());
  features::WritePlaceRow(pollutant, neighbours, report_, row);
  const auto age = static_cast<int>(row[features::PlaceColumnsOf(pollutant).around_age_days]);
  const std::array last_observed = {report_.day - std::chrono::days(age)};
  const std::array key = {features::RowKey{.site = 0, .issue_day = report_.day}};
  for (DayForecast& day : forecast.days) {
    const PlaceModels& named = models_of[static_cast<std::size_t>(day.horizon_days - 1)];
    HorizonModels models;
    GC_ASSIGN_OR_RETURN(models.production, Find(find, content_, named.production));
    GC_ASSIGN_OR_RETURN(models.fallback, Find(find, content_, named.fallback));
    GC_ASSIGN_OR_RETURN(const std::vector<RowForecast> said,
                        ForecastRows(models, row, key, last_observed));
    if (said[0].model == nullptr) continue;
    PollutantForecast& finished = day.pollutants.emplace_back(FinishForecast(
        *tables_[Slot(pollutant)], OnlineCalibration(), std::nullopt, said[0], last_observed[0],
        said[0].model == models.production.get() ? *named.production : *named.fallback));
    finished.basis = airquality::Basis::kNeighbours;
  }
  return {};
}

}  // namespace geoclimate::forecast
