#include "geoclimate/inference/tree_engine.h"

#include <algorithm>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/inference/layout_timing.h"
#include "geoclimate/inference/link.h"

namespace geoclimate::inference {
namespace {

constexpr std::size_t kBlockRows = RowCodes::kBlockRows;
constexpr std::size_t kNeverBlocked = kBlockRows + 1;

// Rows whose sums are held at a time.
constexpr std::size_t kMostSums = 16 << 10;

template <typename Value>
std::vector<Value>& SumsOfThread() {
  thread_local std::vector<Value> sums;
  return sums;
}

}  // namespace

template <typename Node, typename Value>
TreeEngine<Node, Value>::TreeEngine(const model::TreeEnsemble& ensemble, Scores scores,
                                    RowKeys keys, TreeLayout layout)
    : features_(static_cast<std::size_t>(ensemble.features)),
      margins_(static_cast<std::size_t>(ensemble.outputs)),
      outputs_(scores == Scores::kLinked ? static_cast<std::size_t>(ensemble.answers()) : margins_),
      link_(scores == Scores::kLinked ? ensemble.link : model::Link::kIdentity),
      link_scale_(ensemble.link_scale),
      walked_(ensemble, keys),
      block_from_(layout == TreeLayout::kBlocked ? 1 : kNeverBlocked) {
  for (const double score : ensemble.base_scores) {
    base_scores_.push_back(static_cast<Value>(score));
  }
  if (layout != TreeLayout::kWalked) {
    if (auto codes = RowCodes::Build(ensemble)) blocked_.emplace(ensemble, *std::move(codes));
  }
  std::vector<std::size_t> trees_of(margins_, 0);
  for (const model::Tree& tree : ensemble.trees) {
    ++trees_of[static_cast<std::size_t>(tree.output)];
    walked_.Add(tree);
    if (blocked_.has_value()) blocked_->Add(tree, walked_);
  }
  if (blocked_.has_value() && !blocked_->folds()) blocked_.reset();
  if (!blocked_.has_value()) block_from_ = kNeverBlocked;
  if (blocked_.has_value() && layout != TreeLayout::kBlocked) {
    heaps_ = HeapTrees<Value>::Build(ensemble, blocked_->codes());
  }
  if (layout == TreeLayout::kMeasured) ChooseLayout();
  if (!ensemble.average || scores == Scores::kMargin) return;
  for (const std::size_t trees : trees_of) {
    divisors_.push_back(static_cast<Value>(std::max(trees, std::size_t{1})));
  }
}

template <typename Node, typename Value>
void TreeEngine<Node, Value>::Predict(std::span<const float> rows, std::size_t count,
                                      std::span<float> out) const {
  std::vector<Value>& scratch = SumsOfThread<Value>();
  const std::size_t most = std::max(kMostSums / margins_ / kBlockRows, std::size_t{1}) * kBlockRows;
  if (scratch.size() < std::min(most, count) * margins_) {
    scratch.resize(std::min(most, count) * margins_);
  }
  for (std::size_t first = 0; first < count; first += most) {
    const std::size_t size = std::min(most, count - first);
    const std::span<Value> sums(scratch.data(), size * margins_);
    for (std::size_t row = 0; row < size; ++row) {
      std::ranges::copy(base_scores_, sums.begin() + static_cast<std::ptrdiff_t>(row * margins_));
    }
    Accumulate(rows.subspan(first * features_, size * features_), size, sums);
    for (std::size_t row = 0; row < size; ++row) {
      Finish(sums.subspan(row * margins_, margins_),
             out.subspan((first + row) * outputs_, outputs_));
    }
  }
}

template <typename Node, typename Value>
void TreeEngine<Node, Value>::Accumulate(std::span<const float> rows, std::size_t count,
                                         std::span<Value> sums) const {
  std::size_t blocked = 0;
  if (blocked_.has_value()) {
    const std::size_t rest = count % kBlockRows;
    blocked = count - (rest < block_from_ ? rest : 0);
    if (kBlockRows < block_from_) blocked = 0;
  }
  if (blocked > 0) {
    blocked_->Accumulate(walked_, rows.first(blocked * features_), blocked,
                         sums.first(blocked * margins_));
  }
  if (blocked == count) return;
  AccumulateAlone(rows.subspan(blocked * features_), count - blocked,
                  sums.subspan(blocked * margins_));
}

template <typename Node, typename Value>
void TreeEngine<Node, Value>::AccumulateAlone(std::span<const float> rows, std::size_t count,
                                              std::span<Value> sums) const {
  if (heaps_.has_value()) {
    heaps_->Accumulate(blocked_->codes(), rows, count, sums);
  } else {
    walked_.Accumulate(rows, count, sums);
  }
}

template <typename Node, typename Value>
void TreeEngine<Node, Value>::ChooseLayout() {
  if (!blocked_.has_value()) return;
  std::vector<float> rows(kBlockRows * features_);
  for (std::size_t row = 0; row < kBlockRows; ++row) {
    blocked_->codes().FillSample(row, std::span(rows).subspan(row * features_, features_));
  }
  std::vector<Value> sums(kBlockRows * margins_);
  const auto timed = [&](auto accumulate) {
    return [&, accumulate](std::size_t count) {
      accumulate(std::span<const float>(rows).first(count * features_), count,
                 std::span(sums).first(count * margins_));
    };
  };
  const auto alone = timed([&](auto... arguments) { AccumulateAlone(arguments...); });
  const auto walk = timed([&](auto... arguments) { walked_.Accumulate(arguments...); });
  const auto block = timed([&](auto... arguments) { blocked_->Accumulate(walked_, arguments...); });
  const base::SystemClock clock;
  if (heaps_.has_value() && !IsQuicker(alone, walk, clock)) heaps_.reset();
  block_from_ = BlockFrom(alone, block, clock);
  if (block_from_ > kBlockRows && !heaps_.has_value()) blocked_.reset();
}

template <typename Node, typename Value>
std::size_t TreeEngine<Node, Value>::memory_bytes() const {
  return walked_.memory_bytes() + (blocked_.has_value() ? blocked_->memory_bytes() : 0) +
         (heaps_.has_value() ? heaps_->memory_bytes() : 0);
}

template <typename Node, typename Value>
void TreeEngine<Node, Value>::Finish(std::span<Value> margins, std::span<float> out) const {
  for (std::size_t i = 0; i < divisors_.size(); ++i) margins[i] /= divisors_[i];
  ApplyLink(link_, link_scale_, margins);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(margins[i]);
}

template class TreeEngine<CompactNode, float>;
template class TreeEngine<CompactNode, double>;
template class TreeEngine<WideNode, float>;
template class TreeEngine<WideNode, double>;

}  // namespace geoclimate::inference
