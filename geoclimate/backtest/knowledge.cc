#include "geoclimate/backtest/knowledge.h"

#include <limits>

namespace geoclimate::backtest {

float Knowledge::ValueKnownAt(airquality::Pollutant pollutant, std::size_t site, base::LocalDay day,
                              base::LocalDay issue_day) const {
  if (vintages_ != nullptr) return vintages_->ValueKnownAt(pollutant, site, day, issue_day);
  if (day > issue_day) return std::numeric_limits<float>::quiet_NaN();
  return truth_.Get(pollutant, site).At(day);
}

std::chrono::days Knowledge::longest_wait() const {
  return vintages_ != nullptr ? vintages_->longest_wait() : std::chrono::days(0);
}

}  // namespace geoclimate::backtest
