#pragma once

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/result.h"

namespace geoclimate::store {

// kInvalidArgument, naming the forecast, where IssuedForecastStore::Put() refuses it.
base::Result<void> CheckForecast(const airquality::IssuedForecast& forecast);

}  // namespace geoclimate::store
