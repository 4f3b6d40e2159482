#include "geoclimate/inference/packed_split.h"

#include <cmath>
#include <limits>

namespace geoclimate::inference {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

// The largest float that is not above `value`.
float RoundDown(double value) {
  if (value >= double{kLargest}) return std::isinf(value) ? kInfinity : kLargest;
  if (value < -double{kLargest}) return -kInfinity;
  const auto nearest = static_cast<float>(value);
  return double{nearest} > value ? std::nextafter(nearest, -kInfinity) : nearest;
}

// The smallest float t with: x < t exactly when x < value.
float ThresholdOfLess(double value) {
  const float down = RoundDown(value);
  return double{down} == value ? down : std::nextafter(down, kInfinity);
}

}  // namespace

std::optional<PackedSplit> PackSplit(const model::TreeNode& node) {
  PackedSplit split;
  switch (node.kind) {
    case model::SplitKind::kLess:
      split.threshold = ThresholdOfLess(node.threshold);
      break;
    case model::SplitKind::kLessOrEqual:
      // x <= +inf, which holds for +inf itself, is no comparison by less.
      if (node.threshold == double{kInfinity}) return std::nullopt;
      split.threshold = std::nextafter(RoundDown(node.threshold), kInfinity);
      break;
    case model::SplitKind::kInSetLeft:
    case model::SplitKind::kInSetRight:
      return std::nullopt;
  }
  switch (node.missing) {
    case model::TreeNode::Missing::kNan:
      split.default_left = node.default_left;
      break;
    case model::TreeNode::Missing::kNone:
      split.default_left = 0.0F < split.threshold;
      break;
    case model::TreeNode::Missing::kZero:
      split.default_left = node.default_left;
      split.zeros = RowCopies::Zeros::kMayBeMissing;
      break;
  }
  // Nothing is less than -inf, not even what stands for a missing value that goes left.
  if (split.threshold == -kInfinity && split.default_left) return std::nullopt;
  return split;
}

}  // namespace geoclimate::inference
