#pragma once

#include <span>

#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

// What a split means, one node at a time: the definition that quicker engines are tested against,
// and what they fall back on for splits that they have no quicker form of.

// Whether a row whose value of node.feature is `value` goes left. `node` is a split of `tree`.
bool GoesLeft(const Tree& tree, const TreeNode& node, float value);

// The leaf that `row` ends in. `tree` belongs to an ensemble that passes Validate(), `row` has its
// features.
const TreeNode& FindLeaf(const Tree& tree, std::span<const float> row);

}  // namespace geoclimate::model
