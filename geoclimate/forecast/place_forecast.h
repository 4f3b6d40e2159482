#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/place_features.h"
#include "geoclimate/forecast/forecast_table.h"
#include "geoclimate/forecast/overall_aqi.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::forecast {

struct PlaceForecast {
  // Of the place: its coordinates, no id and no name, the nearest reporting site's UTC offset, and
  // the pollutants that a site within kPlaceReachKm reports, all on the basis of neighbours.
  SiteForecast forecast;
  airquality::SiteId nearest;  // the nearest reporting site
  double nearest_km = 0;
};

// Forecasts any place near the sites that report, from a table's PlaceBasis: the rows and the
// forecasters with which the issue cycle forecasts silent sites, so the same answer as for a silent
// site at that place.
//
// Immutable; thread-safe.
class PlaceForecaster {
 public:
  // Null for a model that is not loaded.
  using FindModel =
      std::function<std::shared_ptr<const inference::LoadedModel>(const std::string& model_id)>;

  // `content` must outlive it.
  explicit PlaceForecaster(const TableContent& content);

  // Whether the table knows forecasters of places at all.
  bool available() const { return !content_.places.sites.empty(); }

  //   kNotFound      no site within kPlaceReachKm reports a pollutant that is forecast for places;
  //                  the message says how far the nearest is
  //   kUnavailable   a model that the table names is not loaded (yet)
  base::Result<PlaceForecast> Forecast(const airquality::Coordinates& place,
                                       const FindModel& find) const;

 private:
  base::Result<void> ForecastPollutant(airquality::Pollutant pollutant,
                                       std::span<const features::Neighbour> neighbours,
                                       const FindModel& find, SiteForecast& forecast) const;

  const TableContent& content_;
  std::vector<airquality::Coordinates> sites_;  // as content_.places.sites
  features::NetworkReport report_;              // likewise
  AqiTables tables_;
  JointLevels levels_;
};

}  // namespace geoclimate::forecast
