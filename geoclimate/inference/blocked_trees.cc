#include "geoclimate/inference/blocked_trees.h"

#include <algorithm>

#include "geoclimate/inference/aligned_array.h"

namespace geoclimate::inference {
namespace {

constexpr std::size_t kRows = RowCodes::kBlockRows;

// Folds of a run, beside a block's codes and slots in a first-level cache.
constexpr std::size_t kRunBytes = 12 << 10;
// Rows that go through one run after the other share a second-level cache with it.
constexpr std::size_t kChunkBytes = 384 << 10;
// Of a tree that is too large to be folded whole: folds double with each level, and what they save
// of a walk does not.
constexpr std::size_t kTopLevels = 6;

template <typename Value>
struct Scratch {
  AlignedArray<std::int8_t> codes;
  AlignedArray<Value> sums;
  AlignedArray<std::uint32_t> keys;
  AlignedArray<std::uint8_t> slots;
  std::size_t slot_bytes = 0;

  static Scratch& OfThread() {
    thread_local Scratch scratch;
    return scratch;
  }

  std::uint8_t* Slots(std::size_t bytes) {
    std::uint8_t* const begin = slots.Reserve(bytes);
    if (slot_bytes < bytes) FoldedTrees<Value>::FillSlots({begin, bytes});
    slot_bytes = std::max(slot_bytes, bytes);
    return begin;
  }
};

}  // namespace

// Rows that go through the trees together, in blocks of which the last may be short.
template <typename Node, typename Value>
struct BlockedTrees<Node, Value>::Chunk {
  std::span<const float> rows;
  std::size_t count = 0;
  std::int8_t* codes = nullptr;   // a block after the other
  Value* sums = nullptr;          // of a block, kRows an output
  std::uint32_t* keys = nullptr;  // a row after the other
  std::uint8_t* slots = nullptr;

  std::size_t blocks() const { return (count + kRows - 1) / kRows; }
  std::size_t BlockCount(std::size_t block) const { return std::min(kRows, count - block * kRows); }
};

template <typename Node, typename Value>
BlockedTrees<Node, Value>::BlockedTrees(const model::TreeEnsemble& ensemble, RowCodes codes)
    : features_(static_cast<std::size_t>(ensemble.features)),
      outputs_(static_cast<std::size_t>(ensemble.outputs)),
      codes_(std::move(codes)) {}

template <typename Node, typename Value>
void BlockedTrees<Node, Value>::Add(const model::Tree& tree,
                                    const WalkedTrees<Node, Value>& walked) {
  const std::size_t before = folded_.memory_bytes();
  output_.push_back(tree.output);
  lower_.emplace_back();
  Kind kind = Kind::kWalked;
  if (folded_.Add(tree, codes_)) {
    kind = Kind::kFolded;
  } else if (AddTop(tree, walked)) {
    kind = Kind::kTopFolded;
  }
  needs_keys_ = needs_keys_ || kind != Kind::kFolded;
  // What rows are walked through lies in the caches a tree at a time.
  const std::size_t bytes = kind == Kind::kFolded ? folded_.memory_bytes() - before : kRunBytes;
  if (runs_.empty() || runs_.back().kind != kind || run_bytes_ + bytes > kRunBytes) {
    const std::size_t number = output_.size() - 1;
    const std::size_t folded = folded_.size() - (kind == Kind::kWalked ? 0 : 1);
    runs_.push_back({kind, number, number, folded});
    run_bytes_ = 0;
  }
  run_bytes_ += bytes;
  ++runs_.back().last;
}

template <typename Node, typename Value>
bool BlockedTrees<Node, Value>::AddTop(const model::Tree& tree,
                                       const WalkedTrees<Node, Value>& walked) {
  const std::size_t number = output_.size() - 1;
  if (!walked.is_packed(number)) return false;
  const auto nodes = folded_.AddTop(tree, codes_, kTopLevels);
  if (!nodes.has_value()) return false;
  const std::vector<std::uint32_t> places = walked.packed().NodePlaces(tree);
  lower_.back() = {starts_.size(), walked.packed().depth(walked.index(number)) -
                                       static_cast<std::int32_t>(kTopLevels)};
  for (const std::uint32_t node : *nodes) starts_.push_back(places[node]);
  return true;
}

template <typename Node, typename Value>
std::size_t BlockedTrees<Node, Value>::memory_bytes() const {
  return folded_.memory_bytes() + codes_.memory_bytes() + output_.size() * sizeof(output_[0]) +
         lower_.size() * sizeof(Lower) + starts_.size() * sizeof(starts_[0]);
}

template <typename Node, typename Value>
void BlockedTrees<Node, Value>::Accumulate(const WalkedTrees<Node, Value>& walked,
                                           std::span<const float> rows, std::size_t count,
                                           std::span<Value> sums) const {
  const std::size_t block_bytes =
      kRows * (codes_.columns() + outputs_ * sizeof(Value) +
               (needs_keys_ ? walked.keys().width() * sizeof(std::uint32_t) : 0));
  const std::size_t most_rows = std::max(kChunkBytes / block_bytes, std::size_t{1}) * kRows;
  Scratch<Value>& scratch = Scratch<Value>::OfThread();
  Chunk chunk;
  chunk.count = std::min(count, most_rows);
  chunk.codes = scratch.codes.Reserve(chunk.blocks() * codes_.columns() * kRows);
  chunk.sums = scratch.sums.Reserve(chunk.blocks() * outputs_ * kRows);
  if (needs_keys_) chunk.keys = scratch.keys.Reserve(chunk.count * walked.keys().width());
  chunk.slots = scratch.Slots(folded_.slot_bytes());
  for (std::size_t first = 0; first < count; first += most_rows) {
    chunk.count = std::min(most_rows, count - first);
    chunk.rows = rows.subspan(first * features_, chunk.count * features_);
    FillChunk(walked, chunk);
    const std::span<Value> out = sums.subspan(first * outputs_, chunk.count * outputs_);
    for (std::size_t row = 0; row < chunk.count; ++row) {
      for (std::size_t i = 0; i < outputs_; ++i) Sum(chunk, row, i) = out[row * outputs_ + i];
    }
    for (const Run& run : runs_) AccumulateRun(walked, run, chunk);
    for (std::size_t row = 0; row < chunk.count; ++row) {
      for (std::size_t i = 0; i < outputs_; ++i) out[row * outputs_ + i] = Sum(chunk, row, i);
    }
  }
}

template <typename Node, typename Value>
Value& BlockedTrees<Node, Value>::Sum(const Chunk& chunk, std::size_t row,
                                      std::size_t output) const {
  return chunk.sums[(row / kRows * outputs_ + output) * kRows + row % kRows];
}

template <typename Node, typename Value>
void BlockedTrees<Node, Value>::FillChunk(const WalkedTrees<Node, Value>& walked,
                                          const Chunk& chunk) const {
  const std::size_t block_codes = codes_.columns() * kRows;
  for (std::size_t block = 0; block < chunk.blocks(); ++block) {
    const std::size_t count = chunk.BlockCount(block);
    codes_.Fill(chunk.rows.subspan(block * kRows * features_, count * features_), features_, count,
                {chunk.codes + block * block_codes, block_codes});
  }
  if (!needs_keys_) return;
  const std::size_t width = walked.keys().width();
  for (std::size_t row = 0; row < chunk.count; ++row) {
    walked.keys().Fill(chunk.rows.subspan(row * features_, features_),
                       {chunk.keys + row * width, width});
  }
}

template <typename Node, typename Value>
void BlockedTrees<Node, Value>::AccumulateRun(const WalkedTrees<Node, Value>& walked,
                                              const Run& run, const Chunk& chunk) const {
  for (std::size_t block = 0; block < chunk.blocks(); ++block) {
    const std::size_t count = chunk.BlockCount(block);
    const std::int8_t* const codes = chunk.codes + block * codes_.columns() * kRows;
    Value* const sums = chunk.sums + block * outputs_ * kRows;
    if (run.kind == Kind::kFolded) {
      folded_.Accumulate(run.folded, run.folded + (run.last - run.first), count, codes, chunk.slots,
                         sums);
      continue;
    }
    if (run.kind == Kind::kTopFolded && run.last < output_.size() && walked.is_packed(run.last)) {
      walked.packed().Prefetch(walked.index(run.last), block, chunk.blocks());
    }
    for (std::size_t tree = run.first; tree < run.last; ++tree) {
      if (run.kind == Kind::kWalked) {
        Walk(walked, tree, chunk, block);
        continue;
      }
      const std::size_t width = walked.keys().width();
      const std::uint8_t* const places =
          folded_.Find(run.folded + (tree - run.first), count, codes, chunk.slots);
      walked.packed().AccumulateFrom(starts_.data() + lower_[tree].first_start, places,
                                     lower_[tree].steps, count,
                                     {chunk.keys + block * kRows * width, count * width},
                                     sums + static_cast<std::size_t>(output_[tree]) * kRows);
    }
  }
}

template <typename Node, typename Value>
void BlockedTrees<Node, Value>::Walk(const WalkedTrees<Node, Value>& walked, std::size_t tree,
                                     const Chunk& chunk, std::size_t block) const {
  const std::size_t width = walked.keys().width();
  Value* const sums =
      chunk.sums + (block * outputs_ + static_cast<std::size_t>(output_[tree])) * kRows;
  for (std::size_t i = 0; i < chunk.BlockCount(block); ++i) {
    const std::size_t row = block * kRows + i;
    sums[i] += walked.Leaf(tree, chunk.rows.subspan(row * features_, features_),
                           {chunk.keys + row * width, width});
  }
}

template class BlockedTrees<CompactNode, float>;
template class BlockedTrees<CompactNode, double>;
template class BlockedTrees<WideNode, float>;
template class BlockedTrees<WideNode, double>;

}  // namespace geoclimate::inference
