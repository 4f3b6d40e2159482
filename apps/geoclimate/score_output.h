#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "geoclimate/forecast/scoring.h"

namespace geoclimate::app {

struct ScoreReport {
  std::uint64_t forecasts = 0;
  std::uint64_t judged = 0;
  std::uint64_t unknown_site = 0;
  std::uint64_t unobserved = 0;
  std::uint64_t without_baseline = 0;
  std::vector<forecast::ScoredGroup> groups;  // by pollutant and lead time
};

// Tables for people: the forecast beside each baseline, a block a pollutant and lead time.
std::string RenderScoreText(const ScoreReport& report);

// One JSON object: {forecasts, judged, unknown_site, unobserved, without_baseline,
// groups[{pollutant, unit, horizon_days, rows, events, skill, best_baseline, crps, coverage, width,
// brier, forecast{}, baselines{persistence{}, ...}}]}; a method is {rmse, mae, bias, aqi_mae,
// category_hit_rate, pod, far, csi}. What has nothing to divide by is null.
std::string RenderScoreJson(const ScoreReport& report);

}  // namespace geoclimate::app
