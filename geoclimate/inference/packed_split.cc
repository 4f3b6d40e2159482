#include "geoclimate/inference/packed_split.h"

#include <cmath>
#include <limits>

namespace geoclimate::inference {
namespace {

// The largest float that is not above `value`.
float RoundDown(double value) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kLargest = std::numeric_limits<float>::max();
  if (value >= double{kLargest}) return std::isinf(value) ? kInfinity : kLargest;
  if (value < -double{kLargest}) return -kInfinity;
  const auto nearest = static_cast<float>(value);
  return double{nearest} > value ? std::nextafter(nearest, -kInfinity) : nearest;
}

std::uint32_t SplitKey(const model::TreeNode& node) {
  const float down = RoundDown(node.threshold);
  const std::uint32_t key = FloatKey(down);
  // Of "value < threshold" a threshold that is a float is itself on the right. Keys of floats begin
  // far above 0.
  const bool excluded = node.kind == model::SplitKind::kLess && double{down} == node.threshold;
  return excluded ? key - 1 : key;
}

}  // namespace

PackedSplit PackSplit(const model::TreeNode& node) {
  PackedSplit split;
  split.key = SplitKey(node);
  split.default_left = node.default_left;
  switch (node.missing) {
    case model::TreeNode::Missing::kNan:
      break;
    case model::TreeNode::Missing::kNone:
      split.default_left = FloatKey(0) <= split.key;
      break;
    case model::TreeNode::Missing::kZero:
      split.zeros = Zeros::kAreMissing;
      break;
  }
  return split;
}

}  // namespace geoclimate::inference
