#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/airquality/site.h"
#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/score_sums.h"

namespace geoclimate::forecast {

// What the forecasts of one version of a model were worth, at one site or over all of its sites.
// In the pollutant's EPA unit; NaN where there is nothing to divide by, or where no forecast gave
// what it takes.
struct VersionScore {
  std::optional<airquality::SiteId> site;  // nothing: all sites
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::string model_id;
  std::uint64_t rows = 0;
  double rmse = 0;
  double mae = 0;
  double bias = 0;      // mean of forecast - observed
  double coverage = 0;  // share of observations within p10 .. p90
  // The best over all rows of the pollutant and lead time, whatever the version: of few rows the
  // best of six is best by chance.
  Baseline best = Baseline::kPersistence;
  double skill = 0;                   // 1 - MSE / MSE(best)
  double skill_over_persistence = 0;  // 1 - MSE / MSE(persistence)
};

// One for each version, pollutant and lead time, and one for each of its sites, ordered by
// pollutant, lead time, version, all sites before the single ones, site. Sums are added in an order
// of their own: the order of `judged` changes no bit.
std::vector<VersionScore> ScoreVersions(std::span<const JudgedForecast> judged,
                                        const ScoreRules& rules = {});

}  // namespace geoclimate::forecast
