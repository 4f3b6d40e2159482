#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// What a walk through trees reads instead of the row: several copies of it in which a missing value
// is replaced by plus or by minus infinity. A split on "value < threshold" sends the first right
// and the second left, so that a node says by the copy that it reads where missing values go, and
// the walk needs no test for them.
//
//   copy 0   NaN is +inf: missing goes right
//   copy 1   NaN is -inf: missing goes left
//   copy 2   NaN and 0 are +inf (only with zeros missing, LightGBM's zero_as_missing)
//   copy 3   NaN and 0 are -inf (likewise)
//   and one NaN: what a leaf reads
class RowCopies {
 public:
  enum class Zeros : std::uint8_t { kAreValues, kMayBeMissing };

  RowCopies(std::size_t features, Zeros zeros) : features_(features), zeros_(zeros) {}

  // Floats of a filled row.
  std::size_t width() const { return features_ * (zeros_ == Zeros::kAreValues ? 2 : 4) + 1; }
  // Where a leaf reads its NaN.
  std::size_t nan_column() const { return width() - 1; }
  // Where a split on `feature` reads.
  std::size_t Column(std::size_t feature, bool default_left, Zeros zeros) const {
    const std::size_t copy = (zeros == Zeros::kMayBeMissing ? 2U : 0U) + (default_left ? 1U : 0U);
    return copy * features_ + feature;
  }

  // `row` has `features` values, `out` width().
  void Fill(std::span<const float> row, std::span<float> out) const;

 private:
  std::size_t features_;
  Zeros zeros_;
};

}  // namespace geoclimate::inference
