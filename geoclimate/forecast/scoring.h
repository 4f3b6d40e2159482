#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/base/day.h"
#include "geoclimate/features/site_history.h"
#include "geoclimate/forecast/baselines.h"

namespace geoclimate::forecast {

// A forecast beside what came and what the simple methods would have said on its issue day.
struct JudgedForecast {
  airquality::IssuedForecast forecast;
  float observed = 0;  // the site's daily value of forecast.valid_day()
  BaselineValues baselines{};
};

// Forecasts with their truth. What could not be judged is counted, not an error.
struct Judgement {
  std::vector<JudgedForecast> judged;
  std::uint64_t unknown_site = 0;
  std::uint64_t unobserved = 0;        // nothing was measured on the valid day (yet)
  std::uint64_t without_baseline = 0;  // the site had no value on or before the issue day
};

// Looks up truth and baselines of `forecasts` in `history`, which holds everything that was
// measured, from the beginning: the baselines read nothing after an issue day. Anybody's forecasts
// can be judged: of mean, p10, p50, p90 and probability_over_100 any may be NaN (not given), but
// mean and p50 not both; lead times are 1 to Baselines::kMaxHorizon. The one judge of backtests, of
// files and of what was served.
Judgement Judge(const features::SiteHistory& history,
                std::span<const airquality::IssuedForecast> forecasts);

// What one method (the forecast, or a baseline) gathers over rows. Counts and sums only, so that
// the sums of two sets of rows add up to those of their union: blocks of a bootstrap, seasons and
// groups of sites are sets.
struct MethodSums {
  double squared_error = 0;
  double absolute_error = 0;
  double error = 0;  // forecast - observed
  double absolute_aqi_error = 0;
  std::uint64_t category_hits = 0;
  // Of AQI > 100.
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t false_alarms = 0;

  MethodSums& operator+=(const MethodSums& other);
};

struct ScoreSums {
  std::uint64_t rows = 0;
  MethodSums forecast;
  std::array<MethodSums, kBaselineCount> baselines;

  std::uint64_t interval_rows = 0;  // with p10 and p90
  std::uint64_t inside = 0;         // p10 <= observed <= p90
  double width = 0;                 // p90 - p10
  std::uint64_t quantile_rows = 0;  // with p10, p50 and p90
  double crps = 0;

  std::uint64_t probability_rows = 0;  // with probability_over_100
  double squared_probability_error = 0;

  void Add(const JudgedForecast& judged);
  ScoreSums& operator+=(const ScoreSums& other);
};

// Scores of one method. NaN where there is nothing to divide by.
struct MethodScore {
  double rmse = 0;  // EPA unit, as are mae and bias
  double mae = 0;
  double bias = 0;  // mean of forecast - observed
  double aqi_mae = 0;
  double category_hit_rate = 0;
  double pod = 0;  // of the days over AQI 100, the share that was forecast
  double far = 0;  // of the days forecast over 100, the share that was not
  double csi = 0;  // hits / (hits + misses + false alarms)
};

// Scores of one set of rows. NaN where there is nothing to divide by, and where no row gave what it
// takes.
struct Score {
  std::uint64_t rows = 0;
  std::uint64_t events = 0;  // days observed over AQI 100
  MethodScore forecast;
  std::array<MethodScore, kBaselineCount> baselines;
  // The baseline with the lowest pooled MSE over exactly these rows, the first of equals.
  Baseline best = Baseline::kPersistence;
  double skill = 0;     // 1 - MSE(forecast) / MSE(best)
  double crps = 0;      // EPA unit; see CrpsFromQuantiles()
  double coverage = 0;  // share of observations within p10 .. p90
  double width = 0;     // mean of p90 - p10, EPA unit
  double brier = 0;     // of probability_over_100
};

Score Summarize(const ScoreSums& sums);

struct ScoredGroup {
  airquality::Pollutant pollutant = airquality::Pollutant::kPm25;
  int horizon_days = 1;
  Score score;
};

// One score a pollutant and lead time, in that order. The result does not depend on the order of
// `judged`, not by a bit.
std::vector<ScoredGroup> ScoreForecasts(std::span<const JudgedForecast> judged);

// The continuous ranked probability score of a distribution known by some of its quantiles: twice
// the pinball loss, each level weighing as much of (0, 1) as lies nearer to it than to the others
// (T. Gneiting and R. Ranjan, J. Bus. Econ. Stat. 29(3), 2011, eq. 8). With one value for all
// quantiles it is |value - observed|. `levels` ascend within (0, 1).
double CrpsFromQuantiles(std::span<const double> levels, std::span<const float> quantiles,
                         double observed);

}  // namespace geoclimate::forecast
