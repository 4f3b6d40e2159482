#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "geoclimate/inference/row_keys.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A node in 8 bytes. From a split to its left child it is `to_left` nodes, and the right child
// follows the left one. A leaf leads to itself: it reads the leaf column, which is above
// everything, and its to_left is -1.
struct CompactNode {
  std::uint32_t key;  // of a leaf: the bits of its value, or its index into the values
  std::uint16_t column;
  std::int16_t to_left;
};

// The same for rows or trees that are too large for it.
struct WideNode {
  std::uint32_t key;
  std::uint32_t column;
  std::int32_t to_left;
};

// Trees that have only numeric splits, in the order in which their leaves are added. Value is float
// or double: what leaves hold and sums are made in.
//
// A walk takes kLanes trees at once, as many steps as the deepest of them has, without a branch on
// the data: while one lane waits for its node, the others go on.
template <typename Node, typename Value>
class PackedTrees {
 public:
  static constexpr std::size_t kLanes = 8;
  // Rows that go through one tree at once.
  static constexpr std::size_t kRowLanes = 8;

  // Adds `tree`; or changes nothing and returns false: it splits on sets of categories, or Node is
  // too small for it.
  bool Add(const model::Tree& tree, const RowKeys& keys);

  std::size_t size() const { return roots_.size(); }
  std::size_t memory_bytes() const;
  // Splits on the longest path of a tree.
  std::int32_t depth(std::size_t tree) const { return depths_[tree]; }
  // Of the tree that was added last, where each node of the model::Tree lies here.
  std::vector<std::uint32_t> NodePlaces(const model::Tree& tree) const;

  // Adds the leaves of trees `first` to `last` (excluded) to `sums`, one an output, for a row
  // filled by RowKeys. One tree after the other: the order of the trees is the order of the sum.
  void Accumulate(std::size_t first, std::size_t last, std::span<const std::uint32_t> row,
                  std::span<Value> sums) const;

  // Starts to bring one of `parts` equal parts of a tree's nodes into the caches.
  void Prefetch(std::size_t tree, std::size_t part, std::size_t parts) const;

  // The leaf of one tree.
  Value Leaf(std::size_t tree, std::span<const std::uint32_t> row) const;

  // Walks `rows` rows on through one tree, each from the node at starts[places[row]], `steps` steps
  // at most, and adds what they end in to sums[row]. `keys` holds the rows one after the other.
  void AccumulateFrom(const std::uint32_t* starts, const std::uint8_t* places, std::int32_t steps,
                      std::size_t rows, std::span<const std::uint32_t> keys, Value* sums) const;

 private:
  template <std::size_t... Lane>
  void AccumulateRows(const std::uint32_t* starts, const std::uint8_t* places, std::int32_t steps,
                      const std::uint32_t* keys, std::size_t width, Value* sums,
                      std::index_sequence<Lane...>) const;
  template <std::size_t... Lane>
  void AccumulateLanes(std::size_t tree, const std::uint32_t* row, std::span<Value> sums,
                       std::index_sequence<Lane...>) const;
  Value LeafValue(const Node& leaf) const;

  // Nodes of the tree that is added, level by level with siblings side by side, and in that order
  // the place of the left child (0 for leaves). Members so that room is made once.
  struct LevelOrder {
    std::vector<std::size_t> order;
    std::vector<std::size_t> left_place;
    std::int32_t depth = 0;

    void Arrange(const model::Tree& tree);
  };
  bool Fits(const model::Tree& tree) const;

  LevelOrder levels_;
  std::vector<Node> nodes_;
  std::vector<Value> values_;          // of the leaves, when Value is not float
  std::vector<std::uint32_t> roots_;   // into nodes_
  std::vector<std::int32_t> outputs_;  // of each tree
  std::vector<std::int32_t> depths_;   // splits on the longest path
};

}  // namespace geoclimate::inference
