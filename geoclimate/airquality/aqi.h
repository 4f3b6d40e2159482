#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/airquality/aqi_category.h"
#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::airquality {

// An AQI and what it was computed from. A value; `table` is the name of a table that lives as long
// as the program.
struct AqiValue {
  int aqi =
      0;  // 0 and up; past 500 it is "Beyond the AQI"; the largest int when it would pass that
  AqiCategory category = AqiCategory::kGood;
  Pollutant pollutant = Pollutant::kPm25;
  Statistic statistic = Statistic::kMean;
  Concentration truncated;  // what the formula was given: truncated to the table's step, 0 when it
                            // was negative
  std::string_view table;   // "epa-2024"
};

// The AQI of a pollutant's daily value (DailyStatistic: the mean for PM, the 8-hour maximum for O3
// and CO, the 1-hour maximum for NO2 and SO2), by EPA-454/B-24-002 (May 2024), section IV:
//
//   AQI = (aqi_high - aqi_low) / (high - low) * (concentration - low) + aqi_low
//
// The concentration is truncated, never rounded, to the table's step; the AQI is rounded half up.
// All in integers, so ties are the regulator's: PM2.5 10.2 under epa-2012 is 42.5, hence 43. A
// negative concentration gives 0. Above the last breakpoint the last segment goes on. Two
// statistics stop earlier, since EPA has another one decide there: SO2's 1-hour maximum stays at
// 200 from 305 ppb, as EPA's own files do, and O3's 8-hour maximum, which EPA leaves undefined past
// its last breakpoint (0.200 ppm by epa-2015), stays at that breakpoint's 300. OzoneAqi and
// SulfurDioxideAqi go on where the other statistic is known.
//
// Never fails, allocates or throws, whatever the value; some nanoseconds.
AqiValue Aqi(const BreakpointTable& table, Concentration concentration);
// By the newest table.
AqiValue Aqi(Pollutant pollutant, Concentration concentration);

// The AQI of any statistic; nothing where `table` does not define one: O3's 1-hour maximum under
// 0.125 ppm, SO2's 24-hour mean under 305 ppb, statistics that the pollutant's AQI does not use.
std::optional<AqiValue> AqiOfStatistic(const BreakpointTable& table, Statistic statistic,
                                       Concentration concentration);

// The AQI of a day of ozone from whichever is known, in ppm: the larger of the two. Nothing when
// neither defines one. `table` is one of O3's.
std::optional<AqiValue> OzoneAqi(const BreakpointTable& table,
                                 std::optional<Concentration> max_8_hour,
                                 std::optional<Concentration> max_1_hour);

// The AQI of a day of SO2 from whichever is known, in ppb: the 1-hour AQI up to 200, and above that
// the 24-hour one. A 1-hour maximum of 305 or more whose 24-hour mean is unknown or under 305 gives
// 200. `table` is one of SO2's.
std::optional<AqiValue> SulfurDioxideAqi(const BreakpointTable& table,
                                         std::optional<Concentration> max_1_hour,
                                         std::optional<Concentration> mean_24_hour);

// The overall AQI of a place: the largest, whose pollutant is the dominant one; of equals, the
// first by Pollutant's numbers. Nothing for an empty set.
std::optional<AqiValue> DominantAqi(std::span<const AqiValue> values);

}  // namespace geoclimate::airquality
