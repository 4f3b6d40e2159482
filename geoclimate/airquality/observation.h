#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/airquality/concentration.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

namespace geoclimate::airquality {

// How long the value covers. Stored: never renumber.
enum class Duration : std::uint8_t { kHour = 0, kDay = 1 };

// What the value says of its duration. Stored: never renumber.
enum class Statistic : std::uint8_t {
  kMean = 0,      // arithmetic mean (PM; one hour's value)
  kMax8Hour = 1,  // highest 8-hour running mean of the day (O3, CO)
  kMax1Hour = 2,  // highest hour of the day (NO2, SO2, also CO and O3)
};

// Whether EPA counts the value for its standards. An event (smoke, fireworks) that is excluded
// leaves its rows in the files beside the others. Stored: never renumber.
enum class EventStatus : std::uint8_t { kRegular = 0, kExcluded = 1 };

enum class Source : std::uint8_t {
  kFinal = 0,        // AQS, or a file that names no source
  kProvisional = 1,  // AirNow: preliminary, later replaced by AQS
};

// The statistic that is a pollutant's daily value: mean for PM, 8-hour maximum for O3 and CO,
// 1-hour for NO2 and SO2.
Statistic DailyStatistic(Pollutant pollutant);

// What makes two values the same measurement.
struct ObservationKey {
  SiteId site;
  ParameterCode parameter = 0;
  std::uint16_t poc =
      0;  // parameter occurrence code: which monitor of the site; 0 when the file does not say
  base::Timestamp start;  // UTC
  Duration duration = Duration::kDay;
  Statistic statistic = Statistic::kMean;
  EventStatus event = EventStatus::kRegular;
  friend auto operator<=>(const ObservationKey&, const ObservationKey&) = default;
};

inline constexpr std::uint8_t kCompletenessUnknown = 255;

// How a value is measured, which decides when it can be known.
enum class MonitorKind : std::uint8_t {
  kContinuous = 0,  // an instrument that reports every hour
  kFilter = 1,      // a filter that is weighed in a laboratory weeks later
};

// One version of one measurement. Versions of a key are append-only; reads choose among them
// (daily_value.h).
struct Observation {
  ObservationKey key;
  // In the EPA unit of PollutantOf(key.parameter).
  Concentration value;
  Source source = Source::kFinal;
  // Percent of the expected hours or samples, 0-100, or kCompletenessUnknown where the file does
  // not say.
  std::uint8_t completeness = kCompletenessUnknown;
  MonitorKind monitor = MonitorKind::kContinuous;
};

// The kind that a value most likely came from where its file does not say; EPA's daily downloads do
// not, and count one sample a day for either kind. What AirNow sends is continuous, and so are the
// gases and 88502; final values of 88101 and of PM10 count as a filter's, which at worst makes a
// continuous reference monitor's value known later than it was, never earlier.
MonitorKind LikelyMonitorKind(ParameterCode parameter, Source source);

// When a value can be known at the earliest: 2 hours past the end of its duration from a continuous
// monitor, 30 days from a filter.
base::Timestamp AvailableAt(const ObservationKey& key, MonitorKind kind);

}  // namespace geoclimate::airquality
