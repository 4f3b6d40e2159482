#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/forecast/quantile_score.h"

namespace geoclimate::forecast {

// Of a forecast that has been verified: observed - forecast, on the day it was for.
struct DatedError {
  base::LocalDay valid_day;
  float error = 0;
};

struct PastErrorOptions {
  // The errors of so many days count, the last of them the day before the issue day. Longer is
  // steadier, shorter follows the season.
  std::chrono::days window{90};
  // With fewer errors in the window there are no quantiles: an 80 % interval of a handful of errors
  // is no interval.
  std::size_t fewest = 50;
};

// For each of `issue_days`, which ascend, the quantiles at kGivenLevels of the errors with issue
// day - window <= valid day < issue day; NaN where there are fewer than `fewest`. The quantile of a
// level is the smallest error that at least this share of them does not exceed.
//
// What a method's own past says about its next error: added to the method's value it makes a
// distribution of it that knew nothing of the issue day or of what came later. `errors` come in any
// order and are finite.
std::vector<GivenQuantiles> TrailingErrorQuantiles(std::span<const DatedError> errors,
                                                   std::span<const base::LocalDay> issue_days,
                                                   const PastErrorOptions& options);

}  // namespace geoclimate::forecast
