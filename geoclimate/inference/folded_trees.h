#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/folded_trees_kernel.h"
#include "geoclimate/inference/row_codes.h"
#include "geoclimate/inference/tree_folding.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// Trees that are evaluated from their leaves to their root, all splits of them, for a block of 64
// rows at once: what a split costs for one row in a walk it costs here for as many rows as a vector
// has bytes. Value is float or double: what leaves hold and sums are made in.
template <typename Value>
class FoldedTrees {
 public:
  // Adds `tree`, of the ensemble that `codes` was built from; or changes nothing and returns false:
  // it splits on sets of categories, or needs more than kPlaces values.
  bool Add(const model::Tree& tree, const RowCodes& codes);
  // The same of only the first `levels` levels of `tree`: the nodes of it that rows come to there,
  // by place; or nothing.
  std::optional<std::vector<std::uint32_t>> AddTop(const model::Tree& tree, const RowCodes& codes,
                                                   std::size_t levels);

  std::size_t size() const { return trees_.size(); }
  std::size_t memory_bytes() const;

  // Bytes to work in, aligned to 64, and how they begin: once filled they serve any FoldedTrees
  // that asks for no more.
  std::size_t slot_bytes() const { return (kPlaces + most_folds_) * RowCodes::kBlockRows; }
  static void FillSlots(std::span<std::uint8_t> slots);

  // Of the first `rows` rows of a block of codes, which like the sums is aligned to 64 bytes: adds
  // the leaves of trees `first` to `last` (excluded), which are whole, one tree after the other. An
  // output has a block of sums.
  void Accumulate(std::size_t first, std::size_t last, std::size_t rows, const std::int8_t* codes,
                  std::uint8_t* slots, Value* sums) const;

  // The places that the same rows come to in a tree: a byte a row, within `slots`.
  const std::uint8_t* Find(std::size_t tree, std::size_t rows, const std::int8_t* codes,
                           std::uint8_t* slots) const;

 private:
  void AddFolds(const Folding& folding, std::int32_t output);

  std::vector<FoldedTree> trees_;
  std::vector<LeafFold> leaf_folds_;
  std::vector<InnerFold> inner_folds_;
  std::vector<Value> values_;   // of whole trees
  std::size_t most_folds_ = 0;  // of a tree
};

}  // namespace geoclimate::inference
