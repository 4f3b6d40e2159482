#pragma once

#include <array>
#include <cstddef>

#include "geoclimate/forecast/bootstrap.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/quantile_score.h"

namespace geoclimate::forecast {

// Counts of a warning that AQI passes 100.
struct Contingency {
  double hits = 0;          // warned, and it came
  double misses = 0;        // it came without a warning
  double false_alarms = 0;  // warned, and it did not come
};

// What one method (the forecast, or a baseline) gathers over rows.
struct MethodSums {
  double squared_error = 0;
  double absolute_error = 0;
  double error = 0;  // forecast - observed
  double absolute_aqi_error = 0;
  double category_hits = 0;
  Contingency over_100;  // warned: its AQI is over 100
};

// When a forecast counts as a warning of AQI > 100.
enum class AlertRule : std::size_t {
  kMedian,       // the AQI of p50 (of the mean without p50)
  kUpper,        // the AQI of p90
  kProbability,  // p_aqi_over_100 reaches ScoreRules::alert_threshold
};
inline constexpr std::size_t kAlertRules = 3;

// Over the rows that give what the rule asks for.
struct AlertSums {
  Contingency forecast;
  Contingency persistence;  // of the same rows
};

inline constexpr std::size_t kReliabilityBins = 10;
// The rows with (bin / 10) <= p_aqi_over_100 < (bin + 1) / 10; 1 belongs to the last.
struct ReliabilitySums {
  double rows = 0;
  double probability = 0;
  double events = 0;
};

struct ScoreRules {
  // A warning is given at this probability of AQI > 100 or more. Lower catches more days and gives
  // more false alarms. CSI is largest at CSI / (1 + CSI) of what it can reach when probabilities
  // are calibrated (Z. Lipton et al., ECML 2014, for F1 = 2 CSI / (1 + CSI), half of which it is);
  // next-day forecasts of smoke and ozone reach a CSI of about a third, which makes it a quarter.
  double alert_threshold = 0.25;
};

// Everything that scores are made of. Sums only, so that the sums of two sets of rows add up to
// those of their union: weeks, seasons and groups of sites are sets. Nothing but doubles.
struct ScoreSums {
  double rows = 0;
  double events = 0;  // observed over AQI 100
  std::array<MethodSums, kBaselineCount> baselines;

  double point_rows = 0;  // with a mean or p50
  MethodSums forecast;    // of these
  // Of the same rows, by baseline.
  std::array<double, kBaselineCount> point_squared_error{};

  double interval_rows = 0;  // with p10 and p90
  double inside = 0;         // p10 <= observed <= p90
  double width = 0;          // p90 - p10
  double interval_score = 0;

  double quantile_rows = 0;  // with p10, p50 and p90
  double crps = 0;
  std::array<double, kPitBins> pit{};
  double dressed_rows = 0;  // of these, with enough past errors
  double crps_where_dressed = 0;
  std::array<double, kBaselineCount> dressed_crps{};

  double probability_rows = 0;  // with probability_over_100
  double squared_probability_error = 0;
  double persistence_probability_error = 0;  // the same with persistence's 0 or 1
  std::array<ReliabilitySums, kReliabilityBins> reliability;

  std::array<AlertSums, kAlertRules> alerts;

  void Add(const JudgedForecast& judged, const ScoreRules& rules);
  ScoreSums& operator+=(const ScoreSums& other);
};
static_assert(Doubles<ScoreSums>);

}  // namespace geoclimate::forecast
