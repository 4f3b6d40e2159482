#include "geoclimate/store/daily_rule.h"

#include <span>

#include "geoclimate/airquality/daily_value.h"

namespace geoclimate::store {

bool DailyRule::Counts(std::uint8_t source, std::uint8_t completeness) {
  if (series_.duration != airquality::Duration::kDay) return false;
  std::optional<bool>& known = known_[source & 1u][completeness];
  if (!known) {
    airquality::DailyCandidate candidate;
    candidate.parameter = series_.parameter;
    candidate.poc = series_.poc;
    candidate.statistic = series_.statistic;
    candidate.event = series_.event;
    candidate.source = static_cast<airquality::Source>(source);
    candidate.completeness = completeness;
    known = airquality::DailyValue(series_.pollutant, std::span(&candidate, 1)).has_value();
  }
  return *known;
}

}  // namespace geoclimate::store
