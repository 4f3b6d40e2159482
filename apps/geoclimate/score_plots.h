#pragma once

#include <span>
#include <string>

#include "geoclimate/forecast/scoring.h"

namespace geoclimate::app {

// Plots of one pollutant's groups, which differ in their lead times; the series of all are the lead
// times in their order, six at most. Inline SVG (svg_plot.h); empty where the forecasts give
// nothing to plot.
using GroupsOfPollutant = std::span<const forecast::ScoredGroup>;

// MSE skill (full points) and CRPS skill (small ones) against the best baseline, by lead time.
std::string PlotSkill(GroupsOfPollutant groups);
// RMSE of the forecast and of each baseline.
std::string PlotRmse(GroupsOfPollutant groups);
// How often AQI > 100 came, by the probability that was said; points grow with their rows.
std::string PlotReliability(GroupsOfPollutant groups);
// The density of the probability integral transform: 1 where the quantiles are right.
std::string PlotPit(GroupsOfPollutant groups);
// Coverage of the 80 % interval over all days and by season.
std::string PlotCoverage(GroupsOfPollutant groups);

}  // namespace geoclimate::app
