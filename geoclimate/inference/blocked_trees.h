#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/folded_trees.h"
#include "geoclimate/inference/row_codes.h"
#include "geoclimate/inference/walked_trees.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// All trees of an ensemble for blocks of 64 rows: trees of up to kPlaces leaves folded; of larger
// ones the first levels, after which each row is walked on; trees with splits that have no folded
// form walked whole. Leaves are added to a row in the order of the trees, as in a walk of it alone.
template <typename Node, typename Value>
class BlockedTrees {
 public:
  BlockedTrees(const model::TreeEnsemble& ensemble, RowCodes codes);

  // In the order in which the leaves are added. `tree` was added to `walked` just before.
  void Add(const model::Tree& tree, const WalkedTrees<Node, Value>& walked);

  // Whether any tree, or part of one, is folded: if not, this layout is of no use.
  bool folds() const { return folded_.size() > 0; }
  const RowCodes& codes() const { return codes_; }
  std::size_t memory_bytes() const;

  // Adds the leaves of `count` rows, row-major, to `sums`, count x outputs. `walked` has the same
  // trees. Scratch is the thread's own: nothing allocates once it has grown to the model.
  void Accumulate(const WalkedTrees<Node, Value>& walked, std::span<const float> rows,
                  std::size_t count, std::span<Value> sums) const;

 private:
  enum class Kind : std::uint8_t { kFolded, kTopFolded, kWalked };
  // Consecutive trees of a kind, few enough to stay in a first-level cache while blocks of rows go
  // by.
  struct Run {
    Kind kind = Kind::kFolded;
    std::size_t first = 0;  // the number of its first tree in the ensemble
    std::size_t last = 0;
    std::size_t folded = 0;  // the place of its first tree in folded_
  };
  // How a tree goes on below its first levels.
  struct Lower {
    std::size_t first_start = 0;  // into starts_
    std::int32_t steps = 0;
  };
  struct Chunk;

  bool AddTop(const model::Tree& tree, const WalkedTrees<Node, Value>& walked);
  Value& Sum(const Chunk& chunk, std::size_t row, std::size_t output) const;
  void FillChunk(const WalkedTrees<Node, Value>& walked, const Chunk& chunk) const;
  void AccumulateRun(const WalkedTrees<Node, Value>& walked, const Run& run,
                     const Chunk& chunk) const;
  void Walk(const WalkedTrees<Node, Value>& walked, std::size_t tree, const Chunk& chunk,
            std::size_t block) const;

  std::size_t features_;
  std::size_t outputs_;
  RowCodes codes_;
  FoldedTrees<Value> folded_;
  std::vector<std::int32_t> output_;   // of each tree
  std::vector<Lower> lower_;           // of each tree
  std::vector<std::uint32_t> starts_;  // into the packed nodes, by place
  std::vector<Run> runs_;
  std::size_t run_bytes_ = 0;  // of the last run
  bool needs_keys_ = false;    // some tree is walked, at least in part
};

}  // namespace geoclimate::inference
