#include "geoclimate/inference/tree_backend.h"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "geoclimate/inference/packed_trees.h"
#include "geoclimate/inference/row_keys.h"
#include "geoclimate/inference/tree_engine.h"

namespace geoclimate::inference {

struct TreeBackend::Engines {
  std::variant<TreeEngine<CompactNode, float>, TreeEngine<CompactNode, double>,
               TreeEngine<WideNode, float>, TreeEngine<WideNode, double>>
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
                                                              Scores scores, TreeLayout layout) {
  GC_RETURN_IF_ERROR(ensemble.Validate());
  const RowKeys keys(static_cast<std::size_t>(ensemble.features),
                     SomeZeroIsMissing(ensemble) ? Zeros::kAreMissing : Zeros::kAreValues);
  const auto make =
      [&]<typename Node, typename Value>(std::type_identity<TreeEngine<Node, Value>>) {
        auto engines = std::make_unique<const Engines>(
            Engines{TreeEngine<Node, Value>(ensemble, scores, keys, layout)});
        return std::unique_ptr<TreeBackend>(new TreeBackend(std::move(engines)));
      };
  if (AllFitCompact(ensemble, keys)) {
    return ensemble.float_thresholds ? make(std::type_identity<TreeEngine<CompactNode, float>>())
                                     : make(std::type_identity<TreeEngine<CompactNode, double>>());
  }
  return ensemble.float_thresholds ? make(std::type_identity<TreeEngine<WideNode, float>>())
                                   : make(std::type_identity<TreeEngine<WideNode, double>>());
}

TreeBackend::TreeBackend(std::unique_ptr<const Engines> engines) : engines_(std::move(engines)) {}
TreeBackend::~TreeBackend() = default;

std::size_t TreeBackend::features() const {
  return std::visit([](const auto& engine) { return engine.features(); }, engines_->engine);
}

std::size_t TreeBackend::outputs() const {
  return std::visit([](const auto& engine) { return engine.outputs(); }, engines_->engine);
}

std::size_t TreeBackend::memory_bytes() const {
  return std::visit([](const auto& engine) { return engine.memory_bytes(); }, engines_->engine);
}

std::size_t TreeBackend::block_from() const {
  return std::visit([](const auto& engine) { return engine.block_from(); }, engines_->engine);
}

base::Result<void> TreeBackend::Predict(std::span<const float> rows, std::size_t count,
                                        std::span<float> out) const {
  std::visit(
      [&](const auto& engine) {
        GC_CHECK(rows.size() == count * engine.features(), "rows are whole");
        GC_CHECK(out.size() == count * engine.outputs(), "one answer a row and output");
        engine.Predict(rows, count, out);
      },
      engines_->engine);
  return {};
}

}  // namespace geoclimate::inference
