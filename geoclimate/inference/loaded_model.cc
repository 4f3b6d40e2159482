#include "geoclimate/inference/loaded_model.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/formats/digest.h"
#include "geoclimate/inference/forecaster_explainer.h"
#include "geoclimate/inference/onnx_backend.h"
#include "geoclimate/inference/onnx_model.h"
#include "geoclimate/inference/row_tensors.h"
#include "geoclimate/inference/tensor_check.h"
#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/inference/tree_explainer.h"
#include "geoclimate/inference/tree_parity.h"

namespace geoclimate::inference {
namespace {

// Scores that are held on the stack at once; at least 16 rows of them.
constexpr std::size_t kBlockScores = 16 * (model::kMaxMembers + 1);

// The ensembles that score a row, in the order that model::Combiner wants.
std::vector<model::TreeEnsemble> TakeEnsembles(model::Forecaster& forecaster) {
  std::vector<model::TreeEnsemble> ensembles;
  ensembles.reserve(forecaster.members.size() + 1);
  for (model::Member& member : forecaster.members) {
    ensembles.push_back(std::exchange(member.trees, {}));
  }
  model::Spread& spread = forecaster.calibration.spread;
  if (spread.has_trees()) ensembles.push_back(std::exchange(spread.trees, {}));
  return ensembles;
}

// The ensembles in as few engines as can be: one with an output an ensemble when all of them sum
// alike, so that the walk through short ones overlaps; else one each.
std::vector<model::TreeEnsemble> EnginesOf(std::vector<model::TreeEnsemble> ensembles) {
  const bool alike = std::ranges::all_of(ensembles, [&](const model::TreeEnsemble& ensemble) {
    return !ensemble.average && ensemble.float_thresholds == ensembles[0].float_thresholds;
  });
  if (!alike || ensembles.empty()) return ensembles;
  model::TreeEnsemble merged = std::move(ensembles[0]);
  for (model::TreeEnsemble& ensemble : std::span(ensembles).subspan(1)) {
    for (model::Tree& tree : ensemble.trees) {
      tree.output = merged.outputs;
      merged.trees.push_back(std::move(tree));
    }
    merged.base_scores.push_back(ensemble.base_scores[0]);
    ++merged.outputs;
  }
  std::vector<model::TreeEnsemble> engines;
  engines.push_back(std::move(merged));
  return engines;
}

base::Result<void> CheckAgainst(const model::ModelDescription& description,
                                const std::vector<features::Feature>& features) {
  const bool same_names = std::ranges::equal(description.features, features, {},
                                             &features::Feature::name, &features::Feature::name);
  if (description.features.empty() || same_names) return {};
  return base::FailedPrecondition(
      fmt::format("the description of {} has other features than its artifact ({}, {})",
                  description.model_id, description.features.size(), features.size()));
}

std::uint64_t NextIdentity() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

struct LoadedModel::State {
  model::ModelDescription description;
  features::FeatureSchema schema;
  std::optional<model::Forecaster> forecaster;
  std::optional<model::Combiner> combiner;
  std::vector<TensorSpec> tensor_inputs;
  std::vector<TensorSpec> tensor_outputs;
  std::size_t scores =
      0;  // of a forecaster: its members and, where it has them, the spread's trees
  // Of an ONNX graph; null for any other model. Before the backend, which uses it.
  std::unique_ptr<const OnnxModel> onnx;
  // Of a forecaster: these in order, one or all of them an engine. Of any other model: one, or none
  // when it takes no rows.
  std::vector<std::unique_ptr<Backend>> backends;
  // Of a forecaster, or of any other model, or why there is none.
  base::Result<std::unique_ptr<const ForecasterExplainer>> forecaster_explainer =
      base::Unimplemented("it is no forecaster");
  base::Result<std::unique_ptr<const TreeExplainer>> tree_explainer =
      base::Unimplemented("it is no single ensemble");

  base::Result<void> BuildForecaster(model::Forecaster from);
  base::Result<void> BuildTrees(const model::TreeEnsemble& ensemble);
  base::Result<void> BuildGraph(const model::OnnxGraph& graph);
  base::Result<void> AddEngine(const model::TreeEnsemble& ensemble);
  base::Result<void> Score(std::span<const float> rows, std::size_t count,
                           std::span<float> scores) const;
};

base::Result<void> LoadedModel::State::AddEngine(const model::TreeEnsemble& ensemble) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<TreeBackend> backend,
                      TreeBackend::Build(ensemble, Scores::kLinked));
  GC_RETURN_IF_ERROR(CheckParity(ensemble, *backend));
  backends.push_back(std::move(backend));
  return {};
}

base::Result<void> LoadedModel::State::BuildForecaster(model::Forecaster from) {
  combiner.emplace(from);
  forecaster_explainer = ForecasterExplainer::Build(from);
  std::vector<model::TreeEnsemble> ensembles = TakeEnsembles(from);
  scores = ensembles.size();
  for (const model::TreeEnsemble& engine : EnginesOf(std::move(ensembles))) {
    GC_RETURN_IF_ERROR(AddEngine(engine));
  }
  forecaster = std::move(from);
  tensor_inputs = RowInputSpecs(schema.size());
  tensor_outputs = DistributionSpecs();
  return {};
}

base::Result<void> LoadedModel::State::BuildTrees(const model::TreeEnsemble& ensemble) {
  tree_explainer = TreeExplainer::Build(ensemble);
  GC_RETURN_IF_ERROR(AddEngine(ensemble));
  tensor_inputs = RowInputSpecs(schema.size());
  tensor_outputs = RowOutputSpecs(backends[0]->outputs());
  return {};
}

base::Result<void> LoadedModel::State::BuildGraph(const model::OnnxGraph& graph) {
  GC_ASSIGN_OR_RETURN(onnx, OnnxModel::Build(graph));
  tensor_inputs.assign(onnx->inputs().begin(), onnx->inputs().end());
  tensor_outputs.assign(onnx->outputs().begin(), onnx->outputs().end());
  tree_explainer = base::Unimplemented("an ONNX graph cannot be explained");
  base::Result<std::unique_ptr<OnnxBackend>> backend = OnnxBackend::Build(*onnx);
  if (backend.ok()) {
    backends.push_back(*std::move(backend));
  } else if (backend.error().code() != base::ErrorCode::kUnimplemented) {
    return backend.error();
  }
  return {};
}

// `out` is count x scores.
base::Result<void> LoadedModel::State::Score(std::span<const float> rows, std::size_t count,
                                             std::span<float> out) const {
  if (backends.empty()) return {};
  if (backends.size() == 1) return backends[0]->Predict(rows, count, out);
  std::array<float, kBlockScores> column;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    GC_RETURN_IF_ERROR(backends[i]->Predict(rows, count, std::span(column).first(count)));
    for (std::size_t row = 0; row < count; ++row) out[row * backends.size() + i] = column[row];
  }
  return {};
}

LoadedModel::LoadedModel(std::unique_ptr<const State> state)
    : state_(std::move(state)), identity_(NextIdentity()) {}
LoadedModel::~LoadedModel() = default;

base::Result<std::shared_ptr<const LoadedModel>> LoadedModel::Parse(
    model::ModelDescription description, std::string_view artifact) {
  GC_ASSIGN_OR_RETURN(model::ModelFile file, model::ReadModelFile(artifact));
  if (description.size_bytes == 0) description.size_bytes = artifact.size();
  if (description.sha256.empty()) description.sha256 = formats::Sha256(artifact).Hex();
  return Assemble(std::move(description), std::move(file));
}

base::Result<std::shared_ptr<const LoadedModel>> LoadedModel::FromFile(
    model::ModelDescription description, model::ModelFile file) {
  GC_RETURN_IF_ERROR(
      std::visit([](const auto& content) { return content.Validate(); }, file.content));
  return Assemble(std::move(description), std::move(file));
}

base::Result<std::shared_ptr<const LoadedModel>> LoadedModel::Assemble(
    model::ModelDescription description, model::ModelFile file) {
  std::vector<features::Feature> features = file.Features();
  GC_RETURN_IF_ERROR(features::FeatureSchema::Validate(features));
  GC_RETURN_IF_ERROR(CheckAgainst(description, features));
  if (description.features.empty()) description.features = std::move(features);
  if (description.model_type.empty()) {
    description.model_type = model::ModelFormatName(file.format);
  }
  if (description.task_type.empty()) description.task_type = file.TaskType();

  auto state = std::make_unique<State>();
  auto* forecaster = std::get_if<model::Forecaster>(&file.content);
  state->schema =
      forecaster != nullptr ? forecaster->schema : features::FeatureSchema(description.features);
  const std::string& fingerprint = state->schema.fingerprint();
  if (description.schema_fingerprint.empty()) description.schema_fingerprint = fingerprint;
  if (description.schema_fingerprint != fingerprint) {
    return base::FailedPrecondition(
        fmt::format("{} was made for the feature schema {}, its artifact has {}",
                    description.model_id, description.schema_fingerprint, fingerprint));
  }
  if (forecaster != nullptr) {
    GC_RETURN_IF_ERROR(state->BuildForecaster(std::move(*forecaster)));
  } else if (const auto* graph = std::get_if<model::OnnxGraph>(&file.content)) {
    const base::Result<void> built = state->BuildGraph(*graph);
    if (!built.ok()) return built.error().WithContext(model::ModelFormatName(file.format));
  } else {
    GC_RETURN_IF_ERROR(state->BuildTrees(std::get<model::TreeEnsemble>(file.content)));
  }
  state->description = std::move(description);
  return std::shared_ptr<const LoadedModel>(new LoadedModel(std::move(state)));
}

base::Result<std::shared_ptr<const LoadedModel>> LoadedModel::FromForecaster(
    model::ModelDescription description, model::Forecaster forecaster) {
  return FromFile(std::move(description),
                  {.format = model::ModelFormat::kForecaster, .content = std::move(forecaster)});
}

const model::ModelDescription& LoadedModel::description() const {
  return state_->description;
}

const features::FeatureSchema& LoadedModel::schema() const {
  return state_->schema;
}

const model::Forecaster* LoadedModel::forecaster() const {
  return state_->forecaster.has_value() ? &*state_->forecaster : nullptr;
}

std::size_t LoadedModel::outputs() const {
  if (state_->forecaster.has_value()) return 1;
  return takes_rows() ? state_->backends[0]->outputs() : 0;
}

std::span<const TensorSpec> LoadedModel::tensor_inputs() const {
  return state_->tensor_inputs;
}

std::span<const TensorSpec> LoadedModel::tensor_outputs() const {
  return state_->tensor_outputs;
}

bool LoadedModel::takes_rows() const {
  return !state_->backends.empty() || state_->forecaster.has_value();
}

base::Result<void> LoadedModel::Infer(std::span<const TensorView> inputs,
                                      std::vector<Tensor>& outputs) const {
  if (state_->onnx != nullptr) return state_->onnx->Run(inputs, outputs);
  GC_RETURN_IF_ERROR(CheckInputs(tensor_inputs(), inputs));
  const auto count = static_cast<std::size_t>(inputs[0].shape[0]);
  const std::span<const float> rows = FloatsOf(inputs[0]);
  ResizeTo(tensor_outputs(), count, outputs);
  if (state_->forecaster.has_value()) return InferDistributions(rows, count, outputs);
  return Predict(rows, count, FloatsOf(outputs[0]));
}

base::Result<void> LoadedModel::InferDistributions(std::span<const float> rows, std::size_t count,
                                                   std::span<Tensor> outputs) const {
  const std::size_t features = schema().size();
  std::array<model::Distribution, 16> block;
  for (std::size_t first = 0; first < count; first += block.size()) {
    const std::size_t size = std::min(block.size(), count - first);
    const std::span<model::Distribution> distributions = std::span(block).first(size);
    GC_RETURN_IF_ERROR(
        PredictDistributions(rows.subspan(first * features, size * features), size, distributions));
    WriteDistributions(distributions, first, outputs);
  }
  return {};
}

base::Result<Explanation> LoadedModel::Explain(std::span<const float> row,
                                               std::size_t output) const {
  if (state_->forecaster.has_value()) {
    if (!state_->forecaster_explainer.ok()) return state_->forecaster_explainer.error();
    return (*state_->forecaster_explainer)->Explain(row);
  }
  if (!state_->tree_explainer.ok()) return state_->tree_explainer.error();
  const TreeExplainer& explainer = **state_->tree_explainer;
  Explanation explanation{.space = Explanation::Space::kMargin,
                          .base_value = explainer.base_value(output),
                          .baseline = {},
                          .contributions = std::vector<double>(schema().size())};
  explainer.Explain(row, output, explanation.contributions);
  return explanation;
}

std::size_t LoadedModel::explained_outputs() const {
  if (state_->forecaster.has_value()) return state_->forecaster_explainer.ok() ? 1 : 0;
  return state_->tree_explainer.ok() ? (*state_->tree_explainer)->outputs() : 0;
}

base::Result<void> LoadedModel::Predict(std::span<const float> rows, std::size_t count,
                                        std::span<float> out) const {
  GC_CHECK(takes_rows(), "the model takes rows");
  if (!state_->forecaster.has_value()) return state_->backends[0]->Predict(rows, count, out);
  const std::size_t features = schema().size();
  std::array<model::Distribution, 16> block;
  for (std::size_t first = 0; first < count; first += block.size()) {
    const std::size_t size = std::min(block.size(), count - first);
    const std::span<model::Distribution> distributions = std::span(block).first(size);
    GC_RETURN_IF_ERROR(
        PredictDistributions(rows.subspan(first * features, size * features), size, distributions));
    for (std::size_t i = 0; i < size; ++i) out[first + i] = distributions[i].mean;
  }
  return {};
}

base::Result<void> LoadedModel::PredictDistributions(std::span<const float> rows, std::size_t count,
                                                     std::span<model::Distribution> out) const {
  GC_CHECK(state_->combiner.has_value(), "only a forecaster has distributions");
  const std::size_t features = schema().size();
  GC_CHECK(rows.size() == count * features && out.size() == count, "rows are whole");
  const std::size_t width = state_->scores;
  const std::size_t block = kBlockScores / std::max(width, std::size_t{1});
  std::array<float, kBlockScores> scores;
  for (std::size_t first = 0; first < count; first += block) {
    const std::size_t size = std::min(block, count - first);
    GC_RETURN_IF_ERROR(state_->Score(rows.subspan(first * features, size * features), size,
                                     std::span(scores).first(size * width)));
    for (std::size_t i = 0; i < size; ++i) {
      out[first + i] =
          state_->combiner->Combine(rows.subspan((first + i) * features, features),
                                    std::span<const float>(scores).subspan(i * width, width));
    }
  }
  return {};
}

}  // namespace geoclimate::inference
