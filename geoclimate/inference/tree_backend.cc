#include "geoclimate/inference/tree_backend.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "geoclimate/inference/link.h"
#include "geoclimate/inference/packed_trees.h"
#include "geoclimate/inference/row_keys.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

// Batches are scored in blocks of rows by blocks of trees. Small trees: the keys of the rows and
// the nodes of the trees share a first-level cache of 32 KiB. Trees that do not fit there are
// better met by more rows at once, which share a second-level cache with them.
constexpr std::size_t kBlockTrees = 16;
constexpr std::size_t kSmallTreesBytes = 16 << 10;  // of a block of trees
constexpr std::size_t kSmallTreesRowBytes = 16 << 10;
constexpr std::size_t kLargeTreesRowBytes = 256 << 10;

// Consecutive trees that are walked in one way.
struct Run {
  bool packed = false;
  std::size_t first = 0;  // in the packed trees, or in the others
  std::size_t last = 0;
};

// Scratch is per thread and grows to the largest model that the thread has scored; after that
// nothing allocates.
template <typename Value>
struct Scratch {
  std::vector<std::uint32_t> keys;
  std::vector<Value> sums;

  static Scratch& OfThread() {
    thread_local Scratch scratch;
    return scratch;
  }
};

template <typename Node, typename Value>
class Engine {
 public:
  Engine(const model::TreeEnsemble& ensemble, Scores scores, RowKeys keys)
      : keys_(keys),
        features_(static_cast<std::size_t>(ensemble.features)),
        margins_(static_cast<std::size_t>(ensemble.outputs)),
        outputs_(scores == Scores::kLinked ? static_cast<std::size_t>(ensemble.answers())
                                           : margins_),
        link_(scores == Scores::kLinked ? ensemble.link : model::Link::kIdentity),
        link_scale_(ensemble.link_scale) {
    for (const double score : ensemble.base_scores) {
      base_scores_.push_back(static_cast<Value>(score));
    }
    std::vector<std::size_t> trees_of(margins_, 0);
    for (const model::Tree& tree : ensemble.trees) {
      ++trees_of[static_cast<std::size_t>(tree.output)];
      Add(tree);
    }
    const std::size_t block_bytes =
        memory_bytes() / std::max(ensemble.trees.size(), std::size_t{1}) * kBlockTrees;
    const std::size_t row_bytes =
        block_bytes <= kSmallTreesBytes ? kSmallTreesRowBytes : kLargeTreesRowBytes;
    block_rows_ = std::max(row_bytes / (keys_.width() * sizeof(std::uint32_t)), std::size_t{1});
    if (!ensemble.average || scores == Scores::kMargin) return;
    for (const std::size_t trees : trees_of) {
      divisors_.push_back(static_cast<Value>(std::max(trees, std::size_t{1})));
    }
  }

  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const {
    const std::size_t width = keys_.width();
    const std::size_t block = block_rows_;
    Scratch<Value>& scratch = Scratch<Value>::OfThread();
    const std::size_t most = std::min(block, count);
    if (scratch.keys.size() < most * width) scratch.keys.resize(most * width);
    if (scratch.sums.size() < most * margins_) scratch.sums.resize(most * margins_);
    for (std::size_t first = 0; first < count; first += block) {
      const std::size_t size = std::min(block, count - first);
      PredictBlock(rows.subspan(first * features_, size * features_), size, scratch,
                   out.subspan(first * outputs_, size * outputs_));
    }
  }

  std::size_t features() const { return features_; }
  std::size_t outputs() const { return outputs_; }
  std::size_t memory_bytes() const {
    std::size_t bytes = packed_.memory_bytes();
    for (const model::Tree& other : others_) {
      bytes += other.nodes.size() * sizeof(model::TreeNode) +
               other.category_words.size() * sizeof(std::uint32_t);
    }
    return bytes;
  }

 private:
  void Add(const model::Tree& tree) {
    const bool packed = packed_.Add(tree, keys_);
    if (!packed) others_.push_back(tree);
    const std::size_t at = (packed ? packed_.size() : others_.size()) - 1;
    const bool full = !runs_.empty() && runs_.back().last - runs_.back().first == kBlockTrees;
    if (runs_.empty() || runs_.back().packed != packed || full) runs_.push_back({packed, at, at});
    ++runs_.back().last;
  }

  void PredictBlock(std::span<const float> rows, std::size_t count, Scratch<Value>& scratch,
                    std::span<float> out) const {
    const std::size_t width = keys_.width();
    const std::span<std::uint32_t> keys(scratch.keys);
    const std::span<Value> sums(scratch.sums);
    for (std::size_t row = 0; row < count; ++row) {
      keys_.Fill(rows.subspan(row * features_, features_), keys.subspan(row * width, width));
      std::ranges::copy(base_scores_, sums.begin() + static_cast<std::ptrdiff_t>(row * margins_));
    }
    for (const Run& run : runs_) {
      for (std::size_t row = 0; row < count; ++row) {
        const std::span<Value> row_sums = sums.subspan(row * margins_, margins_);
        if (run.packed) {
          packed_.Accumulate(run.first, run.last, keys.subspan(row * width, width), row_sums);
        } else {
          WalkOthers(run, rows.subspan(row * features_, features_), row_sums);
        }
      }
    }
    for (std::size_t row = 0; row < count; ++row) {
      Finish(sums.subspan(row * margins_, margins_), out.subspan(row * outputs_, outputs_));
    }
  }

  void WalkOthers(const Run& run, std::span<const float> row, std::span<Value> sums) const {
    for (std::size_t tree = run.first; tree < run.last; ++tree) {
      const model::Tree& other = others_[tree];
      sums[static_cast<std::size_t>(other.output)] +=
          static_cast<Value>(model::FindLeaf(other, row).value);
    }
  }

  void Finish(std::span<Value> margins, std::span<float> out) const {
    for (std::size_t i = 0; i < divisors_.size(); ++i) margins[i] /= divisors_[i];
    ApplyLink(link_, link_scale_, margins);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(margins[i]);
  }

  RowKeys keys_;
  std::size_t features_;
  std::size_t margins_;
  std::size_t outputs_;
  model::Link link_;
  double link_scale_;
  std::vector<Value> base_scores_;
  std::vector<Value> divisors_;  // one a margin when trees are averaged, else none
  std::size_t block_rows_ = 1;
  std::vector<Run> runs_;
  PackedTrees<Node, Value> packed_;
  std::vector<model::Tree>
      others_;  // with splits that have no packed form, as the reader left them
};

}  // namespace

struct TreeBackend::Layout {
  std::variant<Engine<CompactNode, float>, Engine<CompactNode, double>, Engine<WideNode, float>,
               Engine<WideNode, double>>
      engine;
};

namespace {

bool SomeZeroIsMissing(const model::TreeEnsemble& ensemble) {
  return std::ranges::any_of(ensemble.trees, [](const model::Tree& tree) {
    return std::ranges::any_of(tree.nodes, [](const model::TreeNode& node) {
      return node.feature >= 0 && node.missing == model::TreeNode::Missing::kZero;
    });
  });
}

bool AllFitCompact(const model::TreeEnsemble& ensemble, const RowKeys& keys) {
  constexpr std::size_t kMostNodes = 32'767;
  if (keys.width() - 1 > 65'535) return false;
  return std::ranges::all_of(
      ensemble.trees, [](const model::Tree& tree) { return tree.nodes.size() <= kMostNodes; });
}

}  // namespace

base::Result<std::unique_ptr<TreeBackend>> TreeBackend::Build(const model::TreeEnsemble& ensemble,
                                                              Scores scores) {
  GC_RETURN_IF_ERROR(ensemble.Validate());
  const RowKeys keys(static_cast<std::size_t>(ensemble.features),
                     SomeZeroIsMissing(ensemble) ? Zeros::kAreMissing : Zeros::kAreValues);
  const auto make = [&]<typename Node, typename Value>(std::type_identity<Engine<Node, Value>>) {
    auto layout =
        std::make_unique<const Layout>(Layout{Engine<Node, Value>(ensemble, scores, keys)});
    return std::unique_ptr<TreeBackend>(new TreeBackend(std::move(layout)));
  };
  if (AllFitCompact(ensemble, keys)) {
    return ensemble.float_thresholds ? make(std::type_identity<Engine<CompactNode, float>>())
                                     : make(std::type_identity<Engine<CompactNode, double>>());
  }
  return ensemble.float_thresholds ? make(std::type_identity<Engine<WideNode, float>>())
                                   : make(std::type_identity<Engine<WideNode, double>>());
}

TreeBackend::TreeBackend(std::unique_ptr<const Layout> layout) : layout_(std::move(layout)) {}
TreeBackend::~TreeBackend() = default;

std::size_t TreeBackend::features() const {
  return std::visit([](const auto& engine) { return engine.features(); }, layout_->engine);
}

std::size_t TreeBackend::outputs() const {
  return std::visit([](const auto& engine) { return engine.outputs(); }, layout_->engine);
}

std::size_t TreeBackend::memory_bytes() const {
  return std::visit([](const auto& engine) { return engine.memory_bytes(); }, layout_->engine);
}

base::Result<void> TreeBackend::Predict(std::span<const float> rows, std::size_t count,
                                        std::span<float> out) const {
  std::visit(
      [&](const auto& engine) {
        GC_CHECK(rows.size() == count * engine.features(), "rows are whole");
        GC_CHECK(out.size() == count * engine.outputs(), "one answer a row and output");
        engine.Predict(rows, count, out);
      },
      layout_->engine);
  return {};
}

}  // namespace geoclimate::inference
