#include "geoclimate/inference/row_keys.h"

#include <cmath>

namespace geoclimate::inference {

void RowKeys::Fill(std::span<const float> row, std::span<std::uint32_t> keys) const {
  // LightGBM's kZeroThreshold.
  constexpr float kZero = 1e-35F;
  std::uint32_t* const right = keys.data();
  std::uint32_t* const left = right + features_;
  for (std::size_t i = 0; i < features_; ++i) {
    const bool missing = std::isnan(row[i]);
    const std::uint32_t key = FloatKey(row[i]);
    right[i] = missing ? kMissingRight : key;
    left[i] = missing ? kMissingLeft : key;
  }
  if (zeros_ == Zeros::kAreMissing) {
    std::uint32_t* const zero_right = left + features_;
    std::uint32_t* const zero_left = zero_right + features_;
    for (std::size_t i = 0; i < features_; ++i) {
      const bool missing = std::isnan(row[i]) || std::abs(row[i]) <= kZero;
      zero_right[i] = missing ? kMissingRight : right[i];
      zero_left[i] = missing ? kMissingLeft : left[i];
    }
  }
  keys[leaf_column()] = kAboveAll;
}

}  // namespace geoclimate::inference
