#pragma once

#include <string>

#include "apps/geoclimate/score_run.h"

namespace geoclimate::app {

// One JSON object with everything that is known of the forecasts; docs/scores.md describes it. What
// has nothing to divide by is null.
std::string RenderScoreJson(const ScoreReport& report);

}  // namespace geoclimate::app
