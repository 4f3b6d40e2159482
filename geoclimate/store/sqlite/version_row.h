#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <tuple>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/sqlite/connection.h"

namespace geoclimate::store::sqlite {

// No floor: earlier than every real one, so that the earliest of several is always the smaller.
inline constexpr std::int64_t kNoFloor = std::numeric_limits<std::int64_t>::min();

// A version within its series, as a writer gathers it. Small: a writer holds many.
struct GatheredVersion {
  std::int64_t value = 0;                      // millionths
  std::int64_t available_at_floor = kNoFloor;  // microseconds since 1970
  std::int32_t start = 0;                      // minutes since 1970
  std::uint32_t series = 0;                    // the writer's own number of it
  std::uint8_t source = 0;
  std::uint8_t completeness = 0;
  std::uint8_t monitor = 0;

  // What makes it the version that it is, in the order of the table's primary key.
  auto Identity() const { return std::tie(start, source, value, completeness); }
};

// A row of observation_versions, in the order of its primary key.
struct VersionRow {
  std::int64_t series = 0;
  std::int64_t start = 0;
  std::int64_t source = 0;
  std::int64_t value = 0;
  std::int64_t completeness = 0;
  std::int64_t monitor = 0;
  std::int64_t origin = 0;
  std::int64_t receipt = 0;
  std::int64_t available_at_floor = kNoFloor;
};

// The row that `versions_of_series` stands at.
VersionRow ReadVersion(const Statement& versions_of_series, std::int64_t series);

constexpr std::int64_t MinutesOf(base::Timestamp time) {
  return std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count();
}
constexpr base::Timestamp TimeOfMinutes(std::int64_t minutes) {
  return base::Timestamp(std::chrono::minutes(minutes));
}

}  // namespace geoclimate::store::sqlite
