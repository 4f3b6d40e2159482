#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "geoclimate/airquality/observation.h"

namespace geoclimate::airquality {

// What the choice of a day's value needs to know of one stored version.
struct DailyCandidate {
  ParameterCode parameter = 0;
  std::uint16_t poc = 0;
  Statistic statistic = Statistic::kMean;
  EventStatus event = EventStatus::kRegular;
  Source source = Source::kFinal;
  std::uint8_t completeness = kCompletenessUnknown;
  Concentration value;
  // The file that it came from, as it was named at ingest; the last in byte order wins a tie.
  std::string_view origin;
};

// The one value of a site, pollutant and day that features and scores use, from every version of
// every monitor: rows under 75 % complete, of excluded events, or of another statistic than
// DailyStatistic(pollutant) are left out; the best rank among the rest is kept (final before
// provisional, then 88101 before 88502); of several versions of one POC the one whose origin sorts
// last; then the mean over POCs. Negatives are kept. The result does not depend on the order of
// `candidates`. Nothing when no row is left.
std::optional<double> DailyValue(Pollutant pollutant, std::span<const DailyCandidate> candidates);

// The row whose AQI a site shows to people: the highest value over its monitors, among the same
// rows, as EPA does; the lowest POC of equals. Points into `candidates`; null when no row is left.
const DailyCandidate* HighestDailyRow(Pollutant pollutant,
                                      std::span<const DailyCandidate> candidates);

inline constexpr std::uint8_t kCompleteEnough = 75;  // percent

}  // namespace geoclimate::airquality
