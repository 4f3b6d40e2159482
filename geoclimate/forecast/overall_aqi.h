#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/airquality/breakpoints.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/result.h"
#include "geoclimate/forecast/error_correlation.h"
#include "geoclimate/forecast/forecast_table.h"

namespace geoclimate::forecast {

// Joint levels of the six pollutants: a Gaussian copula, so that two pollutants' errors go together
// as `correlations` says. The points are a rank-1 lattice, not random numbers: the same on every
// call.
class JointLevels {
 public:
  static constexpr std::size_t kSamples = 512;
  using Levels = std::array<double, airquality::kPollutantCount>;  // each in (0, 1)

  explicit JointLevels(const ErrorCorrelations& correlations);
  std::span<const Levels> samples() const { return samples_; }

 private:
  std::vector<Levels> samples_;
};

// By pollutant.
using AqiTables = std::array<const airquality::BreakpointTable*, airquality::kPollutantCount>;
AqiTables NewestAqiTables();

// Fills the overall figures of `day` (dominant, aqi, its interval, probability_over_100) from its
// pollutants. A day of one pollutant takes them over. Otherwise the interval holds the middle 80 %
// of the samples' highest AQI, widened to hold `aqi`: the highest of several medians may lie below
// the 10 % point of the highest. The probability is the share of samples in which any pollutant is
// over 100, each by its own probability_over_100, and never below the largest of these.
void FillOverallAqi(const AqiTables& tables, const JointLevels& levels, DayForecast& day);

}  // namespace geoclimate::forecast
