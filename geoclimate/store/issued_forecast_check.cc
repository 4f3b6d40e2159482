#include "geoclimate/store/issued_forecast_check.h"

#include <fmt/format.h>

#include <cmath>

namespace geoclimate::store {

base::Result<void> CheckForecast(const airquality::IssuedForecast& forecast) {
  const bool finite = std::isfinite(forecast.mean) && std::isfinite(forecast.p10) &&
                      std::isfinite(forecast.p50) && std::isfinite(forecast.p90) &&
                      std::isfinite(forecast.probability_over_100);
  if (finite && forecast.horizon_days >= 1) return {};
  return base::InvalidArgument(
      fmt::format("the forecast of {} for site {} on {}, {} days ahead: {}",
                  airquality::Name(forecast.pollutant), forecast.site.ToString(),
                  base::FormatDay(forecast.valid_day()), forecast.horizon_days,
                  finite ? "the horizon is below one day" : "one of its values is not finite"));
}

}  // namespace geoclimate::store
