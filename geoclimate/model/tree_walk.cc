#include "geoclimate/model/tree_walk.h"

#include <cmath>
#include <cstddef>

namespace geoclimate::model {
namespace {

// LightGBM's kZeroThreshold.
constexpr double kZero = 1e-35F;

bool IsInSet(const Tree& tree, const TreeNode& node, double value) {
  const double integer = std::trunc(value);
  const double bits = 32.0 * node.category_words_count;
  if (!(integer >= 0 && integer < bits)) return false;
  const auto bit = static_cast<std::size_t>(integer);
  return ((tree.category_words[node.category_offset + bit / 32] >> (bit % 32)) & 1U) != 0;
}

}  // namespace

bool GoesLeft(const Tree& tree, const TreeNode& node, float value) {
  double number = double{value};
  if (std::isnan(number) && node.missing == TreeNode::Missing::kNone) number = 0;
  const bool missing =
      std::isnan(number) || (node.missing == TreeNode::Missing::kZero && std::abs(number) <= kZero);
  if (missing) return node.default_left;
  switch (node.kind) {
    case SplitKind::kLess:
      return number < node.threshold;
    case SplitKind::kLessOrEqual:
      return number <= node.threshold;
    case SplitKind::kInSetLeft:
      return IsInSet(tree, node, number);
    case SplitKind::kInSetRight:
      return number < 0 || !IsInSet(tree, node, number);
  }
  return false;
}

const TreeNode& FindLeaf(const Tree& tree, std::span<const float> row) {
  const TreeNode* node = &tree.nodes[0];
  while (node->feature >= 0) {
    const float value = row[static_cast<std::size_t>(node->feature)];
    node = &tree.nodes[static_cast<std::size_t>(GoesLeft(tree, *node, value) ? node->left
                                                                             : node->right)];
  }
  return *node;
}

}  // namespace geoclimate::model
