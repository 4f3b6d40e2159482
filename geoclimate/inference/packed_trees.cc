#include "geoclimate/inference/packed_trees.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <type_traits>

#include "geoclimate/base/check.h"
#include "geoclimate/inference/packed_split.h"

namespace geoclimate::inference {
namespace {

// `order` is the nodes of `tree` level by level, children of a node side by side; `place` the
// inverse.
struct LevelOrder {
  std::vector<std::size_t> order;
  std::vector<std::size_t> left_place;  // in `order`, of each entry; 0 for leaves
  std::int32_t depth = 0;
};

LevelOrder OrderByLevel(const model::Tree& tree) {
  LevelOrder result;
  result.order.push_back(0);
  std::size_t level_begin = 0;
  while (true) {
    const std::size_t level_end = result.order.size();
    for (std::size_t at = level_begin; at < level_end; ++at) {
      const model::TreeNode& node = tree.nodes[result.order[at]];
      result.left_place.push_back(node.feature < 0 ? 0 : result.order.size());
      if (node.feature < 0) continue;
      result.order.push_back(static_cast<std::size_t>(node.left));
      result.order.push_back(static_cast<std::size_t>(node.right));
    }
    if (result.order.size() == level_end) return result;
    level_begin = level_end;
    ++result.depth;
  }
}

template <typename Node>
const Node* Step(const Node* node, const float* row) {
  // Not (value >= threshold): with NaN, which a leaf reads, that would be another thing.
  const auto right = static_cast<std::ptrdiff_t>(!(row[node->column] < node->threshold));
  return node + (node->to_left + right);
}

}  // namespace

template <typename Node, typename Value>
bool PackedTrees<Node, Value>::Fits(const model::Tree& tree, const RowCopies& copies) {
  using ToLeft = decltype(Node::to_left);
  using Column = decltype(Node::column);
  if (copies.width() - 1 > std::numeric_limits<Column>::max()) return false;
  const LevelOrder levels = OrderByLevel(tree);
  for (std::size_t at = 0; at < levels.order.size(); ++at) {
    const model::TreeNode& node = tree.nodes[levels.order[at]];
    if (node.feature < 0) continue;
    const std::size_t to_left = levels.left_place[at] - at;
    if (to_left > static_cast<std::size_t>(std::numeric_limits<ToLeft>::max())) return false;
    if (!PackSplit(node).has_value()) return false;
  }
  return true;
}

template <typename Node, typename Value>
void PackedTrees<Node, Value>::Add(const model::Tree& tree, const RowCopies& copies) {
  using ToLeft = decltype(Node::to_left);
  using Column = decltype(Node::column);
  const LevelOrder levels = OrderByLevel(tree);
  roots_.push_back(static_cast<std::uint32_t>(nodes_.size()));
  outputs_.push_back(tree.output);
  depths_.push_back(levels.depth);
  for (std::size_t at = 0; at < levels.order.size(); ++at) {
    const model::TreeNode& node = tree.nodes[levels.order[at]];
    if (node.feature < 0) {
      float value = 0;
      if constexpr (std::is_same_v<Value, float>) {
        value = static_cast<float>(node.value);
      } else {
        value = std::bit_cast<float>(static_cast<std::uint32_t>(values_.size()));
        values_.push_back(node.value);
      }
      nodes_.push_back({value, static_cast<Column>(copies.nan_column()), ToLeft{-1}});
      continue;
    }
    const std::optional<PackedSplit> split = PackSplit(node);
    GC_CHECK(split.has_value(), "Add() is for trees that fit");
    const std::size_t column =
        copies.Column(static_cast<std::size_t>(node.feature), split->default_left, split->zeros);
    nodes_.push_back({split->threshold, static_cast<Column>(column),
                      static_cast<ToLeft>(levels.left_place[at] - at)});
  }
}

template <typename Node, typename Value>
std::size_t PackedTrees<Node, Value>::memory_bytes() const {
  return nodes_.size() * sizeof(Node) + values_.size() * sizeof(Value) +
         roots_.size() * (sizeof(roots_[0]) + sizeof(outputs_[0]) + sizeof(depths_[0]));
}

template <typename Node, typename Value>
Value PackedTrees<Node, Value>::LeafValue(const Node& leaf) const {
  if constexpr (std::is_same_v<Value, float>) {
    return leaf.threshold;
  } else {
    return values_[std::bit_cast<std::uint32_t>(leaf.threshold)];
  }
}

template <typename Node, typename Value>
void PackedTrees<Node, Value>::Accumulate(std::size_t first, std::size_t last,
                                          std::span<const float> row, std::span<Value> sums) const {
  const float* const values = row.data();
  std::size_t tree = first;
  for (; tree + kLanes <= last; tree += kLanes) {
    std::array<const Node*, kLanes> at;
    std::int32_t steps = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      at[lane] = nodes_.data() + roots_[tree + lane];
      steps = std::max(steps, depths_[tree + lane]);
    }
    for (; steps > 0; --steps) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) at[lane] = Step(at[lane], values);
    }
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[static_cast<std::size_t>(outputs_[tree + lane])] += LeafValue(*at[lane]);
    }
  }
  for (; tree < last; ++tree) {
    const Node* at = nodes_.data() + roots_[tree];
    for (std::int32_t steps = depths_[tree]; steps > 0; --steps) at = Step(at, values);
    sums[static_cast<std::size_t>(outputs_[tree])] += LeafValue(*at);
  }
}

template class PackedTrees<CompactNode, float>;
template class PackedTrees<CompactNode, double>;
template class PackedTrees<WideNode, float>;
template class PackedTrees<WideNode, double>;

}  // namespace geoclimate::inference
