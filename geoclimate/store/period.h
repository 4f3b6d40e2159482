#pragma once

#include <cstdint>

#include "geoclimate/airquality/observation.h"

namespace geoclimate::store {

// The versions of a series that are kept in one row: those that start in one year (daily values) or
// one month (hourly values), UTC. Long enough that a row holds hundreds, short enough that a new
// value rewrites little; a year because that is what EPA's files hold.
struct Period {
  std::int64_t id = 0;    // 2020, or 202012 for a month: ids of one duration are ordered as time is
  std::int64_t from = 0;  // minutes since 1970, the first that belongs to it
  std::int64_t to = 0;    // and the first that does not
  friend bool operator==(const Period&, const Period&) = default;
};

// The period of a start in minutes since 1970, of the years 1 to 9999.
Period PeriodOf(std::int64_t start, airquality::Duration duration);

}  // namespace geoclimate::store
