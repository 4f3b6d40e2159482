#include "geoclimate/inference/packed_trees.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <type_traits>

#include "geoclimate/inference/packed_split.h"

namespace geoclimate::inference {
namespace {

template <typename Node>
const Node* Step(const Node* node, const std::uint32_t* row) {
  // A comparison whose carry is added: no branch, and no flag to be fetched.
  const auto right = static_cast<std::ptrdiff_t>(row[node->column] > node->key);
  return node + (node->to_left + right);
}

}  // namespace

template <typename Node, typename Value>
void PackedTrees<Node, Value>::LevelOrder::Arrange(const model::Tree& tree) {
  order.assign(1, 0);
  left_place.clear();
  depth = 0;
  std::size_t level_end = 1;
  for (std::size_t at = 0; at < order.size(); ++at) {
    if (at == level_end) {
      level_end = order.size();
      ++depth;
    }
    const model::TreeNode& node = tree.nodes[order[at]];
    left_place.push_back(node.feature < 0 ? 0 : order.size());
    if (node.feature < 0) continue;
    order.push_back(static_cast<std::size_t>(node.left));
    order.push_back(static_cast<std::size_t>(node.right));
  }
}

template <typename Node, typename Value>
bool PackedTrees<Node, Value>::Fits(const model::Tree& tree) const {
  constexpr auto kMost =
      static_cast<std::size_t>(std::numeric_limits<decltype(Node::to_left)>::max());
  for (std::size_t at = 0; at < levels_.order.size(); ++at) {
    const model::TreeNode& node = tree.nodes[levels_.order[at]];
    if (node.feature < 0) continue;
    if (levels_.left_place[at] - at > kMost) return false;
    if (node.kind != model::SplitKind::kLess && node.kind != model::SplitKind::kLessOrEqual) {
      return false;
    }
  }
  return true;
}

template <typename Node, typename Value>
bool PackedTrees<Node, Value>::Add(const model::Tree& tree, const RowKeys& keys) {
  using ToLeft = decltype(Node::to_left);
  using Column = decltype(Node::column);
  if (keys.width() - 1 > std::numeric_limits<Column>::max()) return false;
  levels_.Arrange(tree);
  if (!Fits(tree)) return false;
  roots_.push_back(static_cast<std::uint32_t>(nodes_.size()));
  outputs_.push_back(tree.output);
  depths_.push_back(levels_.depth);
  for (std::size_t at = 0; at < levels_.order.size(); ++at) {
    const model::TreeNode& node = tree.nodes[levels_.order[at]];
    if (node.feature < 0) {
      std::uint32_t value = 0;
      if constexpr (std::is_same_v<Value, float>) {
        value = std::bit_cast<std::uint32_t>(static_cast<float>(node.value));
      } else {
        value = static_cast<std::uint32_t>(values_.size());
        values_.push_back(node.value);
      }
      nodes_.push_back({value, static_cast<Column>(keys.leaf_column()), ToLeft{-1}});
      continue;
    }
    const PackedSplit split = PackSplit(node);
    const std::size_t column =
        keys.Column(static_cast<std::size_t>(node.feature), split.default_left, split.zeros);
    nodes_.push_back(
        {split.key, static_cast<Column>(column), static_cast<ToLeft>(levels_.left_place[at] - at)});
  }
  return true;
}

template <typename Node, typename Value>
std::vector<std::uint32_t> PackedTrees<Node, Value>::NodePlaces(const model::Tree& tree) const {
  std::vector<std::uint32_t> places(tree.nodes.size(), 0);
  for (std::size_t at = 0; at < levels_.order.size(); ++at) {
    places[levels_.order[at]] = roots_.back() + static_cast<std::uint32_t>(at);
  }
  return places;
}

template <typename Node, typename Value>
std::size_t PackedTrees<Node, Value>::memory_bytes() const {
  return nodes_.size() * sizeof(Node) + values_.size() * sizeof(Value) +
         roots_.size() * (sizeof(roots_[0]) + sizeof(outputs_[0]) + sizeof(depths_[0]));
}

template <typename Node, typename Value>
Value PackedTrees<Node, Value>::LeafValue(const Node& leaf) const {
  if constexpr (std::is_same_v<Value, float>) {
    return std::bit_cast<float>(leaf.key);
  } else {
    return values_[leaf.key];
  }
}

template <typename Node, typename Value>
template <std::size_t... Lane>
void PackedTrees<Node, Value>::AccumulateLanes(std::size_t tree, const std::uint32_t* row,
                                               std::span<Value> sums,
                                               std::index_sequence<Lane...>) const {
  // Unrolled by hand: with constant indexes the array lives in registers.
  std::array<const Node*, sizeof...(Lane)> at = {(nodes_.data() + roots_[tree + Lane])...};
  std::int32_t steps = std::max({depths_[tree + Lane]...});
  for (; steps > 0; --steps) ((at[Lane] = Step(at[Lane], row)), ...);
  const std::int32_t output = outputs_[tree];
  if (((outputs_[tree + Lane] == output) && ...)) {
    // The same additions in the same order, without a trip through memory between them.
    Value sum = sums[static_cast<std::size_t>(output)];
    ((sum += LeafValue(*at[Lane])), ...);
    sums[static_cast<std::size_t>(output)] = sum;
  } else {
    ((sums[static_cast<std::size_t>(outputs_[tree + Lane])] += LeafValue(*at[Lane])), ...);
  }
}

template <typename Node, typename Value>
void PackedTrees<Node, Value>::Accumulate(std::size_t first, std::size_t last,
                                          std::span<const std::uint32_t> row,
                                          std::span<Value> sums) const {
  std::size_t tree = first;
  for (; tree + kLanes <= last; tree += kLanes) {
    AccumulateLanes(tree, row.data(), sums, std::make_index_sequence<kLanes>());
  }
  for (; tree < last; ++tree) {
    AccumulateLanes(tree, row.data(), sums, std::make_index_sequence<1>());
  }
}

template <typename Node, typename Value>
template <std::size_t... Lane>
void PackedTrees<Node, Value>::AccumulateRows(const std::uint32_t* starts,
                                              const std::uint8_t* places, std::int32_t steps,
                                              const std::uint32_t* keys, std::size_t width,
                                              Value* sums, std::index_sequence<Lane...>) const {
  std::array<const Node*, sizeof...(Lane)> at = {(nodes_.data() + starts[places[Lane]])...};
  for (; steps > 0; --steps) ((at[Lane] = Step(at[Lane], keys + Lane * width)), ...);
  ((sums[Lane] += LeafValue(*at[Lane])), ...);
}

template <typename Node, typename Value>
void PackedTrees<Node, Value>::AccumulateFrom(const std::uint32_t* starts,
                                              const std::uint8_t* places, std::int32_t steps,
                                              std::size_t rows, std::span<const std::uint32_t> keys,
                                              Value* sums) const {
  const std::size_t width = keys.size() / rows;
  std::size_t row = 0;
  for (; row + kRowLanes <= rows; row += kRowLanes) {
    AccumulateRows(starts, places + row, steps, keys.data() + row * width, width, sums + row,
                   std::make_index_sequence<kRowLanes>());
  }
  for (; row < rows; ++row) {
    AccumulateRows(starts, places + row, steps, keys.data() + row * width, width, sums + row,
                   std::make_index_sequence<1>());
  }
}

template <typename Node, typename Value>
void PackedTrees<Node, Value>::Prefetch(std::size_t tree, std::size_t part,
                                        std::size_t parts) const {
  constexpr std::size_t kLineNodes = 64 / sizeof(Node);
  const std::size_t first = roots_[tree];
  const std::size_t nodes = (tree + 1 < roots_.size() ? roots_[tree + 1] : nodes_.size()) - first;
  const std::size_t last = first + nodes * (part + 1) / parts;
  for (std::size_t at = first + nodes * part / parts; at < last; at += kLineNodes) {
    __builtin_prefetch(nodes_.data() + at);
  }
}

template <typename Node, typename Value>
Value PackedTrees<Node, Value>::Leaf(std::size_t tree, std::span<const std::uint32_t> row) const {
  const Node* at = nodes_.data() + roots_[tree];
  for (std::int32_t steps = depths_[tree]; steps > 0; --steps) at = Step(at, row.data());
  return LeafValue(*at);
}

template class PackedTrees<CompactNode, float>;
template class PackedTrees<CompactNode, double>;
template class PackedTrees<WideNode, float>;
template class PackedTrees<WideNode, double>;

}  // namespace geoclimate::inference
