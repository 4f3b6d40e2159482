#pragma once

#include <cstdint>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::forecast {

// Reading a model::Distribution between and beyond its quantile levels: straight lines between
// neighbouring quantiles, and exponential tails that continue each end's last two quantiles (P(X >
// x) halves from the 90 % to the 95 % point and goes on halving at that pace). Where both are equal
// the tail is empty.

// P(X < x), in [0, 1], not descending in x.
double ProbabilityBelow(const model::Distribution& distribution, double x);

// The inverse: the x with P(X < x) = level, for a level in (0, 1); not descending in `level`.
double QuantileAt(const model::Distribution& distribution, double level);

// The AQI of a forecast concentration in the pollutant's EPA unit; a negative one counts as 0.
// Finite.
std::int32_t AqiOf(const airquality::BreakpointTable& table, double concentration);

// P(AQI > 100) of a daily value under `table`: that the concentration reaches the lowest one whose
// AQI is 101.
double ProbabilityOver100(const airquality::BreakpointTable& table,
                          const model::Distribution& distribution);

}  // namespace geoclimate::forecast
