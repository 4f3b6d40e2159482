#include "geoclimate/inference/folded_trees.h"

#include <algorithm>

namespace geoclimate::inference {

template <typename Value>
bool FoldedTrees<Value>::Add(const model::Tree& tree, const RowCodes& codes) {
  const std::optional<Folding> folding = FoldTree(tree, codes, kAllLevels);
  if (!folding.has_value()) return false;
  AddFolds(*folding, tree.output);
  for (const std::uint32_t leaf : folding->nodes) {
    values_.push_back(static_cast<Value>(tree.nodes[leaf].value));
  }
  values_.resize((values_.size() + kValueGroup - 1) / kValueGroup * kValueGroup);
  return true;
}

template <typename Value>
std::optional<std::vector<std::uint32_t>> FoldedTrees<Value>::AddTop(const model::Tree& tree,
                                                                     const RowCodes& codes,
                                                                     std::size_t levels) {
  std::optional<Folding> folding = FoldTree(tree, codes, levels);
  if (!folding.has_value()) return std::nullopt;
  AddFolds(*folding, tree.output);
  return std::move(folding->nodes);
}

template <typename Value>
void FoldedTrees<Value>::AddFolds(const Folding& folding, std::int32_t output) {
  trees_.push_back({.first_leaf_fold = static_cast<std::uint32_t>(leaf_folds_.size()),
                    .leaf_folds = static_cast<std::uint32_t>(folding.leaf_folds.size()),
                    .first_inner_fold = static_cast<std::uint32_t>(inner_folds_.size()),
                    .inner_folds = static_cast<std::uint32_t>(folding.inner_folds.size()),
                    .first_value = static_cast<std::uint32_t>(values_.size()),
                    .values = static_cast<std::uint32_t>(folding.nodes.size()),
                    .output = output});
  leaf_folds_.insert(leaf_folds_.end(), folding.leaf_folds.begin(), folding.leaf_folds.end());
  inner_folds_.insert(inner_folds_.end(), folding.inner_folds.begin(), folding.inner_folds.end());
  most_folds_ = std::max(most_folds_, folding.leaf_folds.size() + folding.inner_folds.size());
}

template <typename Value>
std::size_t FoldedTrees<Value>::memory_bytes() const {
  return trees_.size() * sizeof(FoldedTree) + leaf_folds_.size() * sizeof(LeafFold) +
         inner_folds_.size() * sizeof(InnerFold) + values_.size() * sizeof(Value);
}

template <typename Value>
void FoldedTrees<Value>::FillSlots(std::span<std::uint8_t> slots) {
  for (std::size_t i = 0; i < kPlaces * RowCodes::kBlockRows; ++i) {
    slots[i] = static_cast<std::uint8_t>(i / RowCodes::kBlockRows);
  }
}

template <typename Value>
void FoldedTrees<Value>::Accumulate(std::size_t first, std::size_t last, std::size_t rows,
                                    const std::int8_t* codes, std::uint8_t* slots,
                                    Value* sums) const {
  const FoldTables<Value> tables = {trees_.data(), leaf_folds_.data(), inner_folds_.data(),
                                    values_.data()};
  AddFolded(tables, first, last, rows, codes, slots, sums);
}

template <typename Value>
const std::uint8_t* FoldedTrees<Value>::Find(std::size_t tree, std::size_t rows,
                                             const std::int8_t* codes, std::uint8_t* slots) const {
  return FindPlaces(trees_[tree], leaf_folds_.data(), inner_folds_.data(), rows, codes, slots);
}

template class FoldedTrees<float>;
template class FoldedTrees<double>;

}  // namespace geoclimate::inference
