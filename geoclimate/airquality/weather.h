#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::airquality {

// How a variable's values at moments of a day become the day's one value.
enum class DailyReduction : std::uint8_t {
  kMean,
  kMax,
  kMin,
  kSum,
  kDirection,  // degrees: of the mean of unit vectors
};

// A quantity that a weather or chemistry model forecasts.
struct WeatherVariable {
  std::string name;  // "temperature_2m_max_c": unit as suffix
  std::string unit;  // "degC"
  // What it can be, both included, in its unit. A direction is within [0, 360].
  float min = 0;
  float max = 0;
  DailyReduction daily = DailyReduction::kMean;
  friend bool operator==(const WeatherVariable&, const WeatherVariable&) = default;
};

// What a weather forecast is for: a site, or a point of the model's grid.
using WeatherPlace = std::variant<SiteId, Coordinates>;

// Which forecast a row of values is.
struct WeatherForecast {
  WeatherPlace place;
  // From then on it can be known, in whole seconds.
  base::Timestamp issued_at{};
  // The day of the place's local standard time, and the moment of it, [0, 24 h); without a moment
  // the values are the day's.
  base::LocalDay valid_day{};
  std::optional<std::chrono::minutes> valid_time = {};
};

}  // namespace geoclimate::airquality
