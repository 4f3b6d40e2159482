#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/issued_forecast_store.h"

namespace geoclimate::forecast::testing {

// Keeps what it is given in its order: put forecasts in the order of their valid days.
class ListedForecasts final : public store::IssuedForecastStore {
 public:
  base::Result<std::uint64_t> Put(std::span<const airquality::IssuedForecast> forecasts) override {
    forecasts_.insert(forecasts_.end(), forecasts.begin(), forecasts.end());
    return std::uint64_t{forecasts.size()};
  }
  base::Result<void> Visit(
      const store::IssuedForecastQuery& query,
      const std::function<void(const airquality::IssuedForecast&)>& visit) override {
    for (const airquality::IssuedForecast& forecast : forecasts_) {
      if (forecast.valid_day() >= query.from && forecast.valid_day() <= query.to) visit(forecast);
    }
    return {};
  }

 private:
  std::vector<airquality::IssuedForecast> forecasts_;
};

}  // namespace geoclimate::forecast::testing
