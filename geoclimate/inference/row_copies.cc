#include "geoclimate/inference/row_copies.h"

#include <cmath>
#include <limits>

namespace geoclimate::inference {

void RowCopies::Fill(std::span<const float> row, std::span<float> out) const {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // LightGBM's kZeroThreshold.
  constexpr float kZero = 1e-35F;
  float* const right = out.data();
  float* const left = right + features_;
  for (std::size_t i = 0; i < features_; ++i) {
    const bool missing = std::isnan(row[i]);
    right[i] = missing ? kInfinity : row[i];
    left[i] = missing ? -kInfinity : row[i];
  }
  if (zeros_ == Zeros::kMayBeMissing) {
    float* const zero_right = left + features_;
    float* const zero_left = zero_right + features_;
    for (std::size_t i = 0; i < features_; ++i) {
      const bool missing = std::isnan(row[i]) || std::abs(row[i]) <= kZero;
      zero_right[i] = missing ? kInfinity : row[i];
      zero_left[i] = missing ? -kInfinity : row[i];
    }
  }
  out[nan_column()] = std::numeric_limits<float>::quiet_NaN();
}

}  // namespace geoclimate::inference
