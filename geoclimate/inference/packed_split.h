#pragma once

#include <cstdint>

#include "geoclimate/inference/row_keys.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A numeric split as one comparison of integers: left when the feature's key is not above `key`.
struct PackedSplit {
  std::uint32_t key = 0;
  bool default_left = false;
  Zeros zeros = Zeros::kAreValues;
};

// The equal of `node`, a split on a threshold, for every float: a threshold in double parts the
// floats at the largest one that is not above it.
PackedSplit PackSplit(const model::TreeNode& node);

}  // namespace geoclimate::inference
