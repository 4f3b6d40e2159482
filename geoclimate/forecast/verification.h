#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/scoring.h"
#include "geoclimate/forecast/version_scores.h"
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
  std::uint64_t issued = 0;      // forecasts for a day of the window
  std::uint64_t judged = 0;      // of these, with an observation
  std::uint64_t unobserved = 0;  // issued, but their day has no measurement yet
  // One a pollutant and lead time with a judged forecast, in that order. Forecasts from neighbours
  // alone (BasisOfModel()), of sites whose values came in later, are scored by themselves; their
  // baselines know of each site what it had measured by the issue day, which the forecasts did not.
  std::vector<ScoredGroup> groups;
  std::vector<ScoredGroup> groups_from_neighbours;
  // By version, and by its sites: those of both kinds of groups.
  std::vector<VersionScore> versions;
};

// Everything that was measured by now, from the beginning (the baselines need it).
using HistoryLoader = std::function<base::Result<features::SiteHistory>()>;

// Scores every issued forecast for a day of `window` against the history that `load` gives, which
// is asked only when there is something to judge: reading it costs the most by far. An observation
// that is replaced later changes the score: run it again.
//
// The errors of the store and of `load`.
base::Result<Verification> VerifyIssued(store::IssuedForecastStore& issued,
                                        const HistoryLoader& load, const VerificationWindow& window,
                                        const ScoringOptions& options = {});

}  // namespace geoclimate::forecast
