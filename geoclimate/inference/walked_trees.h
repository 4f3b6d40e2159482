#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/inference/packed_trees.h"
#include "geoclimate/inference/row_keys.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// All trees of an ensemble, each row walked from root to leaf: what answers one row soonest, and
// the layout that has every kind of split. Batches are walked in blocks of rows by blocks of trees.
template <typename Node, typename Value>
class WalkedTrees {
 public:
  explicit WalkedTrees(const model::TreeEnsemble& ensemble, RowKeys keys);

  // In the order in which the leaves are added.
  void Add(const model::Tree& tree);

  std::size_t memory_bytes() const;

  // Adds the leaves of `count` rows, row-major, to `sums`, count x outputs. Scratch is the thread's
  // own: nothing allocates once it has grown to the model.
  void Accumulate(std::span<const float> rows, std::size_t count, std::span<Value> sums) const;

  // For layouts that leave some of the work to this one: the trees, by number, and one row through
  // one of them.
  const RowKeys& keys() const { return keys_; }
  const PackedTrees<Node, Value>& packed() const { return packed_; }
  bool is_packed(std::size_t tree) const { return trees_[tree].packed; }
  // A packed tree's index into packed().
  std::size_t index(std::size_t tree) const { return trees_[tree].index; }
  // What a row, which is given with its keys, ends in.
  Value Leaf(std::size_t tree, std::span<const float> row,
             std::span<const std::uint32_t> keys) const;

 private:
  struct Tree {
    bool packed = false;
    std::size_t index = 0;  // into packed_, or into others_
  };
  // Consecutive trees that are walked in one way.
  struct Run {
    bool packed = false;
    std::size_t first = 0;
    std::size_t last = 0;
  };
  std::size_t BlockRows() const;
  void AccumulateBlock(std::span<const float> rows, std::size_t count,
                       std::span<std::uint32_t> keys, std::span<Value> sums) const;
  void WalkOthers(const Run& run, std::span<const float> row, std::span<Value> sums) const;

  RowKeys keys_;
  std::size_t features_;
  std::size_t outputs_;
  std::size_t block_rows_ = 1;
  std::vector<Tree> trees_;
  std::vector<Run> runs_;
  PackedTrees<Node, Value> packed_;
  // With splits that have no packed form, as the reader left them.
  std::vector<model::Tree> others_;
};

}  // namespace geoclimate::inference
