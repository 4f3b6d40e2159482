#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "geoclimate/base/day.h"

namespace geoclimate::forecast {

// The four seasons of meteorology, by their months.
inline constexpr std::array<std::string_view, 4> kSeasonNames = {"DJF", "MAM", "JJA", "SON"};

// Index into kSeasonNames; December opens DJF.
inline std::size_t SeasonOf(base::LocalDay day) {
  const std::chrono::year_month_day date{day};
  return static_cast<unsigned>(date.month()) % 12 / 3;
}

// Consecutive numbers of the ISO weeks, Monday to Sunday. Two days have the same number when they
// lie in the same week.
constexpr int IsoWeekNumber(base::LocalDay day) {
  return static_cast<int>(
      std::chrono::floor<std::chrono::weeks>(day - base::MakeDay(1969, 12, 29)).count());
}

}  // namespace geoclimate::forecast
