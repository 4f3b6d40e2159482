#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <tuple>

#include "geoclimate/base/clock.h"

namespace geoclimate::store {

// No floor: earlier than every real one, so that the earliest of several is always the smaller.
inline constexpr std::int64_t kNoFloor = std::numeric_limits<std::int64_t>::min();

// A version of a measurement within its series. Small: a writer holds many.
struct Version {
  std::int64_t value = 0;                      // millionths
  std::int64_t available_at_floor = kNoFloor;  // microseconds since 1970
  std::int32_t start = 0;                      // minutes since 1970
  // Whichever list of series whoever holds the version goes by.
  std::uint32_t series = 0;
  // Ids; 0 while the version waits to be written for the first time.
  std::int32_t origin = 0;
  std::int32_t receipt = 0;
  std::uint8_t source = 0;
  std::uint8_t completeness = 0;
  std::uint8_t monitor = 0;

  // What makes it the version that it is, in the order in which versions are kept.
  auto Identity() const { return std::tie(start, source, value, completeness); }
};

constexpr std::int64_t MinutesOf(base::Timestamp time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}
constexpr base::Timestamp TimeOfMinutes(std::int64_t minutes) {
  return base::Timestamp(std::chrono::minutes(minutes));
}

}  // namespace geoclimate::store
