#include "geoclimate/training/trust.h"

#include <algorithm>
#include <cstddef>

namespace geoclimate::training {

double BestTrust(std::span<const double> baselines, std::span<const double> means,
                 std::span<const double> targets) {
  double product = 0;
  double square = 0;
  for (std::size_t i = 0; i < means.size(); ++i) {
    const double correction = means[i] - baselines[i];
    product += correction * (targets[i] - baselines[i]);
    square += correction * correction;
  }
  return square > 0 ? std::clamp(product / square, 0.0, 1.0) : 1.0;
}

}  // namespace geoclimate::training
