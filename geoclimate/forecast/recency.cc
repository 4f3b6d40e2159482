#include "geoclimate/forecast/recency.h"

#include <cmath>

namespace geoclimate::forecast {

std::optional<base::LocalDay> NewestValue(const features::SiteHistory::Series& series,
                                          base::LocalDay day, std::chrono::days window) {
  if (series.empty()) return std::nullopt;
  for (base::LocalDay at = day; at > day - window && at >= series.first_day;
       at -= std::chrono::days(1)) {
    if (std::isfinite(series.At(at))) return at;
  }
  return std::nullopt;
}

}  // namespace geoclimate::forecast
