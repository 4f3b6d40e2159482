#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "geoclimate/airquality/observation.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"

namespace geoclimate::airquality {

// A straight piece of an AQI: `low` gives aqi_low and `high` gives aqi_high. Concentrations in the
// table's steps.
struct BreakpointSegment {
  std::int32_t low;
  std::int32_t high;
  std::int32_t aqi_low;
  std::int32_t aqi_high;
};

// What a concentration above the last segment gives.
enum class AboveScale : std::uint8_t {
  kExtend,  // the last segment goes on, past 500: "Beyond the AQI"
  kHold,    // `held_aqi`: this statistic does not define a higher AQI, another one does
};

// The AQI of one statistic. Segments ascend without a gap: each begins one step above the one
// before.
struct BreakpointScale {
  Statistic statistic = Statistic::kMean;
  std::span<const BreakpointSegment> segments;
  AboveScale above = AboveScale::kExtend;
  std::int32_t held_aqi = 0;
};

// One version of a pollutant's AQI. Integers throughout: a breakpoint of 35.4 ug/m3 is 354 steps of
// 0.1.
struct BreakpointTable {
  Pollutant pollutant;
  std::string_view name;  // "epa-2024": stored and sent with every AQI
  base::LocalDay in_force_from;
  std::string_view source;  // the document that set it
  // To what concentrations are truncated, in millionths of the pollutant's unit: 100'000 is 0.1.
  std::int64_t step_micro;
  BreakpointScale daily;  // of DailyStatistic(pollutant)
  // Of O3's 1-hour maximum, from 0.125 ppm, and of SO2's 24-hour mean, from 305 ppb; without
  // segments for the others.
  BreakpointScale second;
};

// All versions of a pollutant's table, oldest first; at least one. They live as long as the
// program.
std::span<const BreakpointTable> BreakpointTables(Pollutant pollutant);

// The default: the newest.
const BreakpointTable& NewestTable(Pollutant pollutant);
// The table in force on `day`, the oldest for the days before it.
const BreakpointTable& TableInForce(Pollutant pollutant, base::LocalDay day);
// By name. kInvalidArgument naming the name and the tables that the pollutant has.
base::Result<const BreakpointTable*> FindTable(Pollutant pollutant, std::string_view name);
// By name or, for text of the form 2013-03-18, in force on that date. kInvalidArgument as
// FindTable, or for a date that does not exist.
base::Result<const BreakpointTable*> ParseTable(Pollutant pollutant, std::string_view name_or_date);

}  // namespace geoclimate::airquality
