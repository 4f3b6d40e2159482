#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/inference/row_copies.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A node in 8 bytes: from here to the left child is `to_left` nodes, the right child follows the
// left one. A leaf leads to itself: it reads the NaN column, which is less than nothing, and its
// to_left is -1.
struct CompactNode {
  float threshold;  // of a leaf: its value, or the bits of its index into the values
  std::uint16_t column;
  std::int16_t to_left;
};

// The same for rows or trees that are too large for it.
struct WideNode {
  float threshold;
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

  // Whether `tree` can be added.
  static bool Fits(const model::Tree& tree, const RowCopies& copies);
  // Adds a tree that fits.
  void Add(const model::Tree& tree, const RowCopies& copies);

  std::size_t size() const { return roots_.size(); }
  std::size_t memory_bytes() const;

  // Adds the leaves of trees `first` to `last` (excluded) to `sums`, one an output, for a row
  // filled by RowCopies. One tree after the other: the order of the trees is the order of the sum.
  void Accumulate(std::size_t first, std::size_t last, std::span<const float> row,
                  std::span<Value> sums) const;

 private:
  Value LeafValue(const Node& leaf) const;

  std::vector<Node> nodes_;
  std::vector<Value> values_;          // of the leaves, when Value is not float
  std::vector<std::uint32_t> roots_;   // into nodes_
  std::vector<std::int32_t> outputs_;  // of each tree
  std::vector<std::int32_t> depths_;   // splits on the longest path
};

}  // namespace geoclimate::inference
