#include "geoclimate/inference/walked_trees.h"

#include <algorithm>

#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

// Small trees: the keys of the rows and the nodes of the trees share a first-level cache of 32 KiB.
// Trees that do not fit there are better met by more rows at once, which share a second-level cache
// with them.
constexpr std::size_t kBlockTrees = 16;
constexpr std::size_t kSmallTreesBytes = 16 << 10;  // of a block of trees
constexpr std::size_t kSmallTreesRowBytes = 16 << 10;
constexpr std::size_t kLargeTreesRowBytes = 256 << 10;

std::vector<std::uint32_t>& KeysOfThread() {
  thread_local std::vector<std::uint32_t> keys;
  return keys;
}

}  // namespace

template <typename Node, typename Value>
WalkedTrees<Node, Value>::WalkedTrees(const model::TreeEnsemble& ensemble, RowKeys keys)
    : keys_(keys),
      features_(static_cast<std::size_t>(ensemble.features)),
      outputs_(static_cast<std::size_t>(ensemble.outputs)) {}

template <typename Node, typename Value>
void WalkedTrees<Node, Value>::Add(const model::Tree& tree) {
  const bool packed = packed_.Add(tree, keys_);
  if (!packed) others_.push_back(tree);
  const std::size_t at = (packed ? packed_.size() : others_.size()) - 1;
  trees_.push_back({packed, at});
  const bool full = !runs_.empty() && runs_.back().last - runs_.back().first == kBlockTrees;
  if (runs_.empty() || runs_.back().packed != packed || full) runs_.push_back({packed, at, at});
  ++runs_.back().last;
  block_rows_ = BlockRows();
}

template <typename Node, typename Value>
std::size_t WalkedTrees<Node, Value>::memory_bytes() const {
  std::size_t bytes = packed_.memory_bytes();
  for (const model::Tree& other : others_) {
    bytes += other.nodes.size() * sizeof(model::TreeNode) +
             other.category_words.size() * sizeof(std::uint32_t);
  }
  return bytes;
}

template <typename Node, typename Value>
std::size_t WalkedTrees<Node, Value>::BlockRows() const {
  const std::size_t block_bytes =
      packed_.memory_bytes() / std::max(packed_.size(), std::size_t{1}) * kBlockTrees;
  const std::size_t row_bytes =
      block_bytes <= kSmallTreesBytes ? kSmallTreesRowBytes : kLargeTreesRowBytes;
  return std::max(row_bytes / (keys_.width() * sizeof(std::uint32_t)), std::size_t{1});
}

template <typename Node, typename Value>
void WalkedTrees<Node, Value>::Accumulate(std::span<const float> rows, std::size_t count,
                                          std::span<Value> sums) const {
  const std::size_t block = block_rows_;
  std::vector<std::uint32_t>& keys = KeysOfThread();
  const std::size_t most = std::min(block, count);
  if (keys.size() < most * keys_.width()) keys.resize(most * keys_.width());
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t size = std::min(block, count - first);
    AccumulateBlock(rows.subspan(first * features_, size * features_), size, keys,
                    sums.subspan(first * outputs_, size * outputs_));
  }
}

template <typename Node, typename Value>
void WalkedTrees<Node, Value>::AccumulateBlock(std::span<const float> rows, std::size_t count,
                                               std::span<std::uint32_t> keys,
                                               std::span<Value> sums) const {
  const std::size_t width = keys_.width();
  for (std::size_t row = 0; row < count; ++row) {
    keys_.Fill(rows.subspan(row * features_, features_), keys.subspan(row * width, width));
  }
  for (const Run& run : runs_) {
    for (std::size_t row = 0; row < count; ++row) {
      const std::span<Value> row_sums = sums.subspan(row * outputs_, outputs_);
      if (run.packed) {
        packed_.Accumulate(run.first, run.last, keys.subspan(row * width, width), row_sums);
      } else {
        WalkOthers(run, rows.subspan(row * features_, features_), row_sums);
      }
    }
  }
}

template <typename Node, typename Value>
void WalkedTrees<Node, Value>::WalkOthers(const Run& run, std::span<const float> row,
                                          std::span<Value> sums) const {
  for (std::size_t tree = run.first; tree < run.last; ++tree) {
    const model::Tree& other = others_[tree];
    sums[static_cast<std::size_t>(other.output)] +=
        static_cast<Value>(model::FindLeaf(other, row).value);
  }
}

template <typename Node, typename Value>
Value WalkedTrees<Node, Value>::Leaf(std::size_t tree, std::span<const float> row,
                                     std::span<const std::uint32_t> keys) const {
  if (trees_[tree].packed) return packed_.Leaf(trees_[tree].index, keys);
  return static_cast<Value>(model::FindLeaf(others_[trees_[tree].index], row).value);
}

template class WalkedTrees<CompactNode, float>;
template class WalkedTrees<CompactNode, double>;
template class WalkedTrees<WideNode, float>;
template class WalkedTrees<WideNode, double>;

}  // namespace geoclimate::inference
