#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "geoclimate/inference/folded_trees_kernel.h"
#include "geoclimate/inference/row_codes.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// The upper levels of a tree cut into folds, as few as will do.
struct Folding {
  std::vector<LeafFold> leaf_folds;
  std::vector<InnerFold> inner_folds;
  std::vector<std::uint32_t> nodes;  // by place: a leaf, or a split below the levels
};

inline constexpr std::size_t kAllLevels = std::numeric_limits<std::size_t>::max();

// The splits of the first `levels` levels of `tree`, which is of the ensemble that `codes` was
// built from. Nothing when one of them is on a set of categories, or when there are more than
// kPlaces places.
std::optional<Folding> FoldTree(const model::Tree& tree, const RowCodes& codes, std::size_t levels);

}  // namespace geoclimate::inference
