#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/forecast/bootstrap.h"
#include "geoclimate/forecast/judge.h"

namespace geoclimate::forecast {

// One set of forecasts against another on the rows that both have. NaN where there are none.
// Differences are forecast - other: below 0 the forecast is better. Skills are 1 - forecast /
// other: above 0 it is. Nothing but doubles.
struct ComparisonScore {
  double rows = 0;  // both give a mean or p50
  double mse = 0;   // EPA unit, squared
  double other_mse = 0;
  double mse_difference = 0;
  double mse_skill = 0;
  double quantile_rows = 0;  // both give p10, p50 and p90
  double crps = 0;
  double other_crps = 0;
  double crps_difference = 0;
  double crps_skill = 0;
  double probability_rows = 0;  // both give P(AQI > 100)
  double brier = 0;
  double other_brier = 0;
  double brier_difference = 0;
  double brier_skill = 0;
};
static_assert(Doubles<ComparisonScore>);

// The rows of one pollutant and lead time.
struct ComparedGroup {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  std::size_t weeks = 0;
  ComparisonScore score;
  // 95 % intervals as ScoreForecasts() makes them; both sides of a difference are of the same rows
  // and draws.
  ComparisonScore low;
  ComparisonScore high;
};

// One group a pollutant and lead time that both have, in that order. In each list a forecast stands
// once.
std::vector<ComparedGroup> Compare(std::span<const JudgedForecast> judged,
                                   std::span<const airquality::IssuedForecast> others,
                                   const BootstrapOptions& options);

}  // namespace geoclimate::forecast
