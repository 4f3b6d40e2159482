#pragma once

#include <array>

#include "geoclimate/forecast/baselines.h"
#include "geoclimate/forecast/bootstrap.h"
#include "geoclimate/forecast/score_sums.h"

namespace geoclimate::forecast {

// Scores of one method. NaN where there is nothing to divide by. Nothing but doubles.
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

// Of one AlertRule.
struct AlertScore {
  double pod = 0;
  double far = 0;
  double csi = 0;
  double csi_gain = 0;  // over the CSI of persistence on the same rows
};

struct ReliabilityBin {
  double rows = 0;
  double probability = 0;  // mean of what was said
  double observed = 0;     // share of days on which it came
};

// Scores of one set of rows: docs/scores.md has the formulas. NaN where there is nothing to divide
// by, and where no row gave what it takes. Nothing but doubles, so that intervals are made for
// each.
struct Score {
  double rows = 0;
  double events = 0;     // days observed over AQI 100
  MethodScore forecast;  // of the rows with a mean or p50
  std::array<MethodScore, kBaselineCount> baselines;
  double skill = 0;  // 1 - MSE(forecast) / MSE(best baseline), same rows

  double crps = 0;                     // EPA unit; see CrpsFromQuantiles()
  double crps_dressed = 0;             // of the best baseline with its own past errors
  double crps_skill = 0;               // 1 - CRPS / CRPS(best baseline, dressed), same rows
  std::array<double, kPitBins> pit{};  // shares

  double coverage = 0;  // share of observations within p10 .. p90
  double width = 0;     // mean of p90 - p10, EPA unit
  double interval_score = 0;

  double brier = 0;                  // of probability_over_100
  double brier_persistence = 0;      // of "as today": 0 or 1
  double brier_base_rate = 0;        // of the share of such days in these very rows
  double brier_skill = 0;            // against persistence
  double brier_skill_base_rate = 0;  // against a base rate that nobody knew beforehand
  std::array<ReliabilityBin, kReliabilityBins> reliability;

  std::array<AlertScore, kAlertRules> alerts;
};
static_assert(Doubles<Score>);

// The baseline with the lowest MSE over all rows, the first of equals.
Baseline BestBaseline(const ScoreSums& sums);
// `best` is what skill is against.
Score Summarize(const ScoreSums& sums, Baseline best);

}  // namespace geoclimate::forecast
