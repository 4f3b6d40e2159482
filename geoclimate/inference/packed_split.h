#pragma once

#include <optional>

#include "geoclimate/inference/row_copies.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A numeric split as one comparison of floats: left when `value < threshold`, where a missing value
// reads as plus or minus infinity (RowCopies).
struct PackedSplit {
  float threshold = 0;
  bool default_left = false;
  RowCopies::Zeros zeros = RowCopies::Zeros::kAreValues;
};

// The equal of `node`, a split, for every float; nothing when there is none: splits on sets of
// categories, and on an infinite threshold where the infinity that stands for a missing value would
// go the wrong way. A threshold in double is rounded to the float that parts the floats in the same
// way.
std::optional<PackedSplit> PackSplit(const model::TreeNode& node);

}  // namespace geoclimate::inference
