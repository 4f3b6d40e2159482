#pragma once

#include <string>
#include <string_view>

#include "geoclimate/airquality/basis.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::forecast {

// What the registry calls a forecaster: "pm25_d1", and "pm25_d1_neighbours" of places.
std::string ModelName(airquality::Pollutant pollutant, int horizon_days, airquality::Basis basis);

// What a version of that name forecasts from; kSite for any other name.
airquality::Basis BasisOfModel(std::string_view model_id);

}  // namespace geoclimate::forecast
