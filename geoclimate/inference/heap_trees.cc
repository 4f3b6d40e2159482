#include "geoclimate/inference/heap_trees.h"

#include <array>

namespace geoclimate::inference {

template <typename Value>
std::optional<HeapTrees<Value>> HeapTrees<Value>::Build(const model::TreeEnsemble& ensemble,
                                                        const RowCodes& codes) {
  if (ensemble.outputs != 1 || codes.columns() > kMostHeapColumns) return std::nullopt;
  HeapTrees heaps;
  heaps.trees_ = ensemble.trees.size();
  heaps.columns_.Reserve(heaps.trees_ * kHeapSplits);
  heaps.thresholds_.Reserve(heaps.trees_ * kHeapSplits);
  heaps.values_.Reserve(heaps.trees_ * kHeapLeaves);
  for (std::size_t i = 0; i < ensemble.trees.size(); ++i) {
    if (!heaps.Add(ensemble.trees[i], codes, i)) return std::nullopt;
  }
  return heaps;
}

template <typename Value>
bool HeapTrees<Value>::Add(const model::Tree& tree, const RowCodes& codes, std::size_t number) {
  // Of the model's nodes, those that a place of the heap stands for; a leaf above the last level
  // stands at the first place below it and is reached by going left.
  std::array<std::size_t, kHeapSplits + kHeapLeaves> nodes = {};  // the root is node 0
  for (std::size_t at = 1; at < kHeapSplits; ++at) {
    const model::TreeNode& node = tree.nodes[nodes[at]];
    nodes[2 * at] = nodes[at];
    nodes[2 * at + 1] = nodes[at];
    const std::size_t place = number * kHeapSplits + at;
    thresholds_.data()[place] = 127;
    if (node.feature < 0) continue;
    if (node.kind != model::SplitKind::kLess && node.kind != model::SplitKind::kLessOrEqual) {
      return false;
    }
    const CodedSplit split = codes.Code(static_cast<std::size_t>(node.feature), PackSplit(node));
    columns_.data()[place] = static_cast<std::uint8_t>(split.column);
    thresholds_.data()[place] = split.threshold;
    nodes[2 * at] = static_cast<std::size_t>(node.left);
    nodes[2 * at + 1] = static_cast<std::size_t>(node.right);
  }
  for (std::size_t i = 0; i < kHeapLeaves; ++i) {
    const model::TreeNode& leaf = tree.nodes[nodes[kHeapSplits + i]];
    if (leaf.feature >= 0) return false;
    values_.data()[number * kHeapLeaves + i] = static_cast<Value>(leaf.value);
  }
  return true;
}

template <typename Value>
void HeapTrees<Value>::Accumulate(const RowCodes& codes, std::span<const float> rows,
                                  std::size_t count, std::span<Value> sums) const {
  const HeapTables<Value> tables = {trees_, codes.columns(), columns_.data(), thresholds_.data(),
                                    values_.data()};
  const std::size_t features = count > 0 ? rows.size() / count : 0;
  alignas(64) std::array<std::int8_t, kMostHeapColumns> row_codes;
  row_codes.fill(0);
  for (std::size_t row = 0; row < count; ++row) {
    codes.FillRow(rows.subspan(row * features, features), row_codes);
    sums[row] = AddHeaps(tables, row_codes.data(), sums[row]);
  }
}

template class HeapTrees<float>;
template class HeapTrees<double>;

}  // namespace geoclimate::inference
