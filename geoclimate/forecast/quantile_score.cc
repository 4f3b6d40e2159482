#include "geoclimate/forecast/quantile_score.h"

#include <algorithm>

namespace geoclimate::forecast {

double CrpsFromQuantiles(std::span<const double> levels, std::span<const float> quantiles,
                         double observed) {
  double score = 0;
  double share_begin = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double share_end = i + 1 < levels.size() ? (levels[i] + levels[i + 1]) / 2 : 1;
    const double error = observed - static_cast<double>(quantiles[i]);
    const double pinball = error >= 0 ? levels[i] * error : (levels[i] - 1) * error;
    score += 2 * (share_end - share_begin) * pinball;
    share_begin = share_end;
  }
  return score;
}

double IntervalScore(double p10, double p90, double observed) {
  constexpr double kPenalty = 2 / 0.2;
  return (p90 - p10) + kPenalty * (std::max(p10 - observed, 0.0) + std::max(observed - p90, 0.0));
}

std::array<double, kPitBins> PitWeights(const GivenQuantiles& quantiles, float observed) {
  std::array<double, kPitBins> weights{};
  std::size_t below = 0;
  std::size_t not_above = 0;
  for (const float quantile : quantiles) {
    below += quantile < observed ? 1 : 0;
    not_above += quantile <= observed ? 1 : 0;
  }
  if (not_above - below <= 1) {
    weights[below] += 0.5;
    weights[not_above] += 0.5;
    return weights;
  }
  double inside = 0;
  for (std::size_t bin = below + 1; bin < not_above; ++bin) inside += kPitExpected[bin];
  for (std::size_t bin = below + 1; bin < not_above; ++bin) {
    weights[bin] = kPitExpected[bin] / inside;
  }
  return weights;
}

}  // namespace geoclimate::forecast
