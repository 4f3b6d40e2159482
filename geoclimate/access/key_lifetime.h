#pragma once

#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::access {

// When something that starts at `now` ends: "90d", "12h", "30m" after it, or a time like
// "2027-01-01T00:00:00Z". At least now, at most a hundred years later; kInvalidArgument otherwise.
base::Result<base::Timestamp> ParseEnd(std::string_view text, base::Timestamp now);

}  // namespace geoclimate::access
