#include "geoclimate/forecast/score.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace geoclimate::forecast {
namespace {

double Ratio(double numerator, double denominator) {
  return denominator > 0 ? numerator / denominator : std::numeric_limits<double>::quiet_NaN();
}

double Pod(const Contingency& sums) {
  return Ratio(sums.hits, sums.hits + sums.misses);
}
double Far(const Contingency& sums) {
  return Ratio(sums.false_alarms, sums.hits + sums.false_alarms);
}
double Csi(const Contingency& sums) {
  return Ratio(sums.hits, sums.hits + sums.misses + sums.false_alarms);
}

MethodScore SummarizeMethod(const MethodSums& sums, double rows) {
  MethodScore score;
  score.rmse = std::sqrt(Ratio(sums.squared_error, rows));
  score.mae = Ratio(sums.absolute_error, rows);
  score.bias = Ratio(sums.error, rows);
  score.aqi_mae = Ratio(sums.absolute_aqi_error, rows);
  score.category_hit_rate = Ratio(sums.category_hits, rows);
  score.pod = Pod(sums.over_100);
  score.far = Far(sums.over_100);
  score.csi = Csi(sums.over_100);
  return score;
}

void SummarizeProbability(const ScoreSums& sums, Score& score) {
  double events = 0;
  for (std::size_t bin = 0; bin < kReliabilityBins; ++bin) {
    const ReliabilitySums& from = sums.reliability[bin];
    score.reliability[bin] = {from.rows, Ratio(from.probability, from.rows),
                              Ratio(from.events, from.rows)};
    events += from.events;
  }
  const double base_rate = Ratio(events, sums.probability_rows);
  score.brier = Ratio(sums.squared_probability_error, sums.probability_rows);
  score.brier_persistence = Ratio(sums.persistence_probability_error, sums.probability_rows);
  score.brier_base_rate = base_rate * (1 - base_rate);
  score.brier_skill = 1 - Ratio(score.brier, score.brier_persistence);
  score.brier_skill_base_rate = 1 - Ratio(score.brier, score.brier_base_rate);
}

}  // namespace

Baseline BestBaseline(const ScoreSums& sums) {
  const auto best = std::min_element(
      sums.baselines.begin(), sums.baselines.end(),
      [](const MethodSums& a, const MethodSums& b) { return a.squared_error < b.squared_error; });
  return kBaselines[static_cast<std::size_t>(best - sums.baselines.begin())];
}

Score Summarize(const ScoreSums& sums, Baseline best) {
  const auto reference = static_cast<std::size_t>(best);
  Score score;
  score.rows = sums.rows;
  score.events = sums.events;
  score.forecast = SummarizeMethod(sums.forecast, sums.point_rows);
  for (std::size_t b = 0; b < kBaselineCount; ++b) {
    score.baselines[b] = SummarizeMethod(sums.baselines[b], sums.rows);
  }
  score.skill = 1 - Ratio(sums.forecast.squared_error, sums.point_squared_error[reference]);

  score.crps = Ratio(sums.crps, sums.quantile_rows);
  score.crps_dressed = Ratio(sums.dressed_crps[reference], sums.dressed_rows);
  score.crps_skill = 1 - Ratio(sums.crps_where_dressed, sums.dressed_crps[reference]);
  for (std::size_t bin = 0; bin < kPitBins; ++bin) {
    score.pit[bin] = Ratio(sums.pit[bin], sums.quantile_rows);
  }
  score.coverage = Ratio(sums.inside, sums.interval_rows);
  score.width = Ratio(sums.width, sums.interval_rows);
  score.interval_score = Ratio(sums.interval_score, sums.interval_rows);
  SummarizeProbability(sums, score);
  for (std::size_t rule = 0; rule < kAlertRules; ++rule) {
    const AlertSums& alert = sums.alerts[rule];
    score.alerts[rule] = {Pod(alert.forecast), Far(alert.forecast), Csi(alert.forecast),
                          Csi(alert.forecast) - Csi(alert.persistence)};
  }
  return score;
}

}  // namespace geoclimate::forecast
