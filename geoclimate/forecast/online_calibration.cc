#include "geoclimate/forecast/online_calibration.h"

#include <algorithm>
#include <cmath>

#include "geoclimate/forecast/distribution.h"

namespace geoclimate::forecast {
namespace {

// exp() of more is no level that differs from 0 or 1.
constexpr double kMaxLogOdds = 30;

double Moved(double level, double shift) {
  const double log_odds =
      std::clamp(std::log(level / (1 - level)) + shift, -kMaxLogOdds, kMaxLogOdds);
  return 1 / (1 + std::exp(-log_odds));
}

}  // namespace

void OnlineCalibration::Learn(std::span<const VerifiedForecast> day) {
  if (day.empty()) return;
  const auto rows = static_cast<double>(day.size());
  const double step = kRate * rows / (rows + kCrowd);
  for (std::size_t k = 0; k < shifts_.size(); ++k) {
    const auto held = std::ranges::count_if(
        day, [k](const VerifiedForecast& one) { return one.observed <= one.quantiles[k]; });
    shifts_[k] += step * (model::kQuantileLevels[k] - static_cast<double>(held) / rows);
  }
}

model::Distribution OnlineCalibration::Apply(const model::Distribution& distribution) const {
  model::Distribution corrected = distribution;
  for (std::size_t k = 0; k < shifts_.size(); ++k) {
    if (shifts_[k] != 0) {
      corrected.quantiles[k] = static_cast<float>(
          QuantileAt(distribution, Moved(model::kQuantileLevels[k], shifts_[k])));
    }
    if (k > 0) {
      corrected.quantiles[k] = std::max(corrected.quantiles[k], corrected.quantiles[k - 1]);
    }
  }
  return corrected;
}

}  // namespace geoclimate::forecast
