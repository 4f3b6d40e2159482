#pragma once

#include <cstdint>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/scoring.h"
#include "geoclimate/store/issued_forecast_store.h"

namespace geoclimate::forecast {

// Valid days, both included.
struct VerificationWindow {
  base::LocalDay from;
  base::LocalDay to;
};

// What came of the forecasts that were given out: the figures of /v1/skill.
struct Verification {
  VerificationWindow window;
  std::uint64_t issued = 0;  // forecasts for a day of the window
  std::uint64_t judged = 0;  // of these, with an observation
  std::vector<ScoredGroup>
      groups;  // one a pollutant and lead time with a judged forecast, in that order
};

// Scores every issued forecast for a day of `window` against `history`, which holds what was
// measured by now, from the beginning (the baselines need it). An observation that is replaced
// later changes the score: run it again.
//
// The store's errors.
base::Result<Verification> VerifyIssued(store::IssuedForecastStore& issued,
                                        const features::SiteHistory& history,
                                        const VerificationWindow& window);

}  // namespace geoclimate::forecast
