#include "geoclimate/training/conformal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "geoclimate/base/check.h"

namespace geoclimate::training {
namespace {

struct Spread {
  double floor;
  double slope;
};

// Least squares of |residual| on |reference|. Residuals of zero throughout leave a spread of next
// to nothing, not of nothing: quotients by it stay finite.
Spread FitSpread(std::span<const double> residuals, std::span<const double> references) {
  const auto n = static_cast<double>(residuals.size());
  double sum_x = 0;
  double sum_y = 0;
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    sum_x += std::abs(references[i]);
    sum_y += std::abs(residuals[i]);
  }
  const double mean_x = sum_x / n;
  const double mean_y = sum_y / n;
  double covariance = 0;
  double variance = 0;
  for (std::size_t i = 0; i < residuals.size(); ++i) {
    const double x = std::abs(references[i]) - mean_x;
    covariance += x * (std::abs(residuals[i]) - mean_y);
    variance += x * x;
  }
  double slope = variance > 0 ? std::max(0.0, covariance / variance) : 0.0;
  double floor = mean_y - slope * mean_x;
  // The smallest references must keep a spread too: a tenth of the mean one.
  const double lowest = std::max(0.1 * mean_y, std::numeric_limits<float>::min() * 1.0);
  if (floor < lowest) {
    floor = lowest;
    slope = mean_x > 0 ? std::max(0.0, (mean_y - floor) / mean_x) : 0.0;
  }
  return {floor, slope};
}

double ConformalQuantile(const std::vector<double>& ascending, double level) {
  const double rank = level * static_cast<double>(ascending.size() + 1);
  const double outward = level > 0.5 ? std::ceil(rank - 1e-9)
                                     : (level < 0.5 ? std::floor(rank + 1e-9) : std::round(rank));
  const auto position =
      static_cast<std::size_t>(std::clamp(outward, 1.0, static_cast<double>(ascending.size())));
  return ascending[position - 1];
}

}  // namespace

model::Calibration Calibrate(std::span<const double> residuals,
                             std::span<const double> references) {
  GC_CHECK(!residuals.empty() && residuals.size() == references.size(), "one reference a residual");
  const Spread spread = FitSpread(residuals, references);
  std::vector<double> scores(residuals.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    scores[i] = residuals[i] / (spread.floor + spread.slope * std::abs(references[i]));
  }
  std::ranges::sort(scores);
  model::Calibration calibration;
  calibration.spread_floor = spread.floor;
  calibration.spread_slope = spread.slope;
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    calibration.offsets[k] = ConformalQuantile(scores, model::kQuantileLevels[k]);
  }
  return calibration;
}

}  // namespace geoclimate::training
