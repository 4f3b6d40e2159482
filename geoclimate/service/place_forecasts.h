#pragma once

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/place_forecast.h"
#include "geoclimate/service/models.h"

namespace geoclimate::service {

// So near a site it is the site's forecast that is asked for.
inline constexpr double kAtSiteKm = 1;

// The forecast of any place, by a table's forecaster of places and the models that it names, as far
// as this process serves them. Errors are PlaceForecaster::Forecast()'s. Thread-safe.
base::Result<forecast::PlaceForecast> ForecastPlace(const Models& models,
                                                    const forecast::PlaceForecaster& places,
                                                    const airquality::Coordinates& place);

}  // namespace geoclimate::service
