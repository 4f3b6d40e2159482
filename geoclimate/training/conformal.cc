#include "geoclimate/training/conformal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::training {
namespace {

double ConformalQuantile(const std::vector<double>& ascending, double level) {
  const double rank = level * static_cast<double>(ascending.size() + 1);
  const double outward = level > 0.5 ? std::ceil(rank - 1e-9)
                                     : (level < 0.5 ? std::floor(rank + 1e-9) : std::round(rank));
  const auto position =
      static_cast<std::size_t>(std::clamp(outward, 1.0, static_cast<double>(ascending.size())));
  return ascending[position - 1];
}

}  // namespace

// Errors of zero throughout leave a spread of next to nothing, not of nothing: quotients by it stay
// finite.
model::Spread FitLevel(std::span<const double> errors, std::span<const double> means) {
  GC_CHECK(!errors.empty() && errors.size() == means.size(), "one mean an error");
  const auto n = static_cast<double>(errors.size());
  double sum_x = 0;
  double sum_y = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    sum_x += std::abs(means[i]);
    sum_y += std::abs(errors[i]);
  }
  const double mean_x = sum_x / n;
  const double mean_y = sum_y / n;
  double covariance = 0;
  double variance = 0;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    const double x = std::abs(means[i]) - mean_x;
    covariance += x * (std::abs(errors[i]) - mean_y);
    variance += x * x;
  }
  double slope = variance > 0 ? std::max(0.0, covariance / variance) : 0.0;
  double floor = mean_y - slope * mean_x;
  // The smallest means must keep a spread too: a tenth of the average one.
  const double lowest = std::max(0.1 * mean_y, std::numeric_limits<float>::min() * 1.0);
  if (floor < lowest) {
    floor = lowest;
    slope = mean_x > 0 ? std::max(0.0, (mean_y - floor) / mean_x) : 0.0;
  }
  return {.floor = floor, .slope = slope, .trees = {}};
}

std::array<double, model::kQuantileLevels.size()> ConformalOffsets(std::vector<double> scores) {
  GC_CHECK(!scores.empty(), "no score has no quantiles");
  std::ranges::sort(scores);
  std::array<double, model::kQuantileLevels.size()> offsets{};
  for (std::size_t k = 0; k < offsets.size(); ++k) {
    offsets[k] = ConformalQuantile(scores, model::kQuantileLevels[k]);
  }
  return offsets;
}

model::Calibration CalibrateLevel(std::span<const double> errors, std::span<const double> means) {
  model::Calibration calibration;
  calibration.spread = FitLevel(errors, means);
  std::vector<double> scores(errors.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = errors[i] / calibration.spread.At(means[i], 0);
  }
  calibration.offsets = ConformalOffsets(std::move(scores));
  return calibration;
}

}  // namespace geoclimate::training
