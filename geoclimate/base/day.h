#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::base {

// A calendar day of a place's local standard time (no daylight saving): what an EPA daily value
// belongs to. The difference of two days is std::chrono::days.
using LocalDay = std::chrono::local_days;

// Days since 1970-01-01, for storage.
constexpr std::int32_t DayNumber(LocalDay day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}
constexpr LocalDay DayFromNumber(std::int32_t number) {
  return LocalDay(std::chrono::days(number));
}

constexpr LocalDay MakeDay(int year, unsigned month, unsigned day) {
  return LocalDay(std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(month),
                                              std::chrono::day(day)));
}

// "2020-12-31". kInvalidArgument naming the text when it is not of that form or no such day exists.
Result<LocalDay> ParseDay(std::string_view text);
std::string FormatDay(LocalDay day);

// RFC 3339 in UTC with whole seconds, "2020-12-31T05:00:00Z".
std::string FormatTimestamp(Timestamp time);
Result<Timestamp> ParseTimestamp(std::string_view text);

// The moment at which `day` begins at a place that is `utc_offset` east of UTC: 2020-12-31 at -5 h
// is 05:00Z.
constexpr Timestamp DayStart(LocalDay day, std::chrono::minutes utc_offset) {
  return Timestamp(std::chrono::duration_cast<std::chrono::microseconds>(day.time_since_epoch()) -
                   utc_offset);
}
// The day that contains `time` there.
constexpr LocalDay DayOf(Timestamp time, std::chrono::minutes utc_offset) {
  return LocalDay(std::chrono::floor<std::chrono::days>(time.time_since_epoch() + utc_offset));
}

}  // namespace geoclimate::base
