#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::airquality {

// The hours that the statistics of a day are made of: its own 24, the 7 before it, in which the
// first 8-hour means of CO begin, and the 7 after it, in which the last of O3 end.
inline constexpr std::size_t kHoursBefore = 7;
inline constexpr std::size_t kHoursOfDay = 24;
inline constexpr std::size_t kHoursAfter = 7;
// In the order of time, from 17:00 of the day before, local standard time; nothing where an hour is
// missing. In the pollutant's EPA unit.
using DayHours = std::array<std::optional<Concentration>, kHoursBefore + kHoursOfDay + kHoursAfter>;

struct DayStatistic {
  Concentration value;            // neither truncated nor clamped
  std::uint8_t completeness = 0;  // percent of the hours or 8-hour means that there could be
};

// One statistic of a day from its hours; nothing when less than 75 % of it is there.
//
// kMean: of the 24 hours, at least 18 (40 CFR part 50, appendix N). kMax1Hour: the highest of them,
// at least 18. kMax8Hour: the highest mean of 8 hours in a row, each of at least 6 hours; of O3
// those that begin from 07:00 to 23:00, at least 13 of the 17 (appendix U); of other pollutants
// those that end within the day, at least 18 of the 24 (section 50.8).
std::optional<DayStatistic> DayFromHours(Pollutant pollutant, Statistic statistic,
                                         const DayHours& hours);

// The statistics that are made of a pollutant's hours: its DailyStatistic(), and of O3 and CO the
// highest hour too.
std::span<const Statistic> HourlyStatistics(Pollutant pollutant);

// How long after its begin the last hour of a day's statistic is over: 24 hours, 31 for the 8-hour
// means of O3.
std::chrono::hours DayLength(Pollutant pollutant, Statistic statistic);

}  // namespace geoclimate::airquality
