#pragma once

#include <chrono>
#include <optional>

#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"

namespace geoclimate::forecast {

// A model forecasts a site whose newest value is at most this old; it is trained on such rows only.
inline constexpr std::chrono::days kRecent{7};

// The day of the newest value in the `window` days that end with `day`, values after it unseen;
// nothing when there is none.
std::optional<base::LocalDay> NewestValue(const features::SiteHistory::Series& series,
                                          base::LocalDay day, std::chrono::days window);

}  // namespace geoclimate::forecast
