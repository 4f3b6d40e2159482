#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/aligned_array.h"
#include "geoclimate/inference/heap_trees_kernel.h"
#include "geoclimate/inference/row_codes.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// All trees of an ensemble as full heaps of six levels, for one row at a time: which child follows
// is computed and not looked up, and a machine that permutes bytes evaluates the 63 splits of a
// tree in three instructions. Value is float or double: what leaves hold and the sum is made in.
template <typename Value>
class HeapTrees {
 public:
  // Nothing unless the ensemble has one output, no tree has more than six levels or a split on sets
  // of categories, and `codes`, built from it, have at most kMostHeapColumns columns.
  static std::optional<HeapTrees> Build(const model::TreeEnsemble& ensemble, const RowCodes& codes);

  std::size_t memory_bytes() const {
    return columns_.bytes() + thresholds_.bytes() + values_.bytes();
  }

  // Adds the leaves of `count` rows of `features` values to a sum each, tree by tree.
  void Accumulate(const RowCodes& codes, std::span<const float> rows, std::size_t count,
                  std::span<Value> sums) const;

 private:
  bool Add(const model::Tree& tree, const RowCodes& codes, std::size_t number);

  std::size_t trees_ = 0;
  AlignedArray<std::uint8_t> columns_;
  AlignedArray<std::int8_t> thresholds_;
  AlignedArray<Value> values_;
};

}  // namespace geoclimate::inference
