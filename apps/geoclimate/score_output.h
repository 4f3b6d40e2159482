#pragma once

#include <string>
#include <string_view>

#include "apps/geoclimate/score_run.h"
#include "geoclimate/airquality/pollutant.h"

namespace geoclimate::app {

// "0.123", or "-" for what has nothing to divide by.
std::string FigureCell(double value, int decimals);
// "0.123 [0.100, 0.140]"; without the brackets where there is no interval.
std::string IntervalCell(double value, double low, double high, int decimals);
// How many decimals show a concentration to three figures or so.
int DecimalsOf(airquality::Pollutant pollutant);
// How people call an alert's rule: "p50", "p90", "P >= 0.25".
std::string AlertName(forecast::AlertRule rule, const forecast::ScoreRules& rules);

// Tables for people: the forecast beside each baseline, a block a pollutant and lead time.
std::string RenderScoreText(const ScoreReport& report);

}  // namespace geoclimate::app
