#include "geoclimate/service/model_loading.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/place_features.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/service/models.h"

namespace geoclimate::service {
namespace {

using Loaded = std::shared_ptr<const inference::LoadedModel>;

// A forecaster scores rows of sites, with columns of the weather behind them where it was trained
// with some, or of places: another meaning of a column would go unnoticed.
base::Result<void> CheckSchema(const inference::LoadedModel& model) {
  const model::Forecaster* forecaster = model.forecaster();
  if (forecaster == nullptr) return {};
  const airquality::Pollutant pollutant = forecaster->pollutant;
  if (features::CheckRowSchema(model.schema(), pollutant).ok() ||
      features::CheckPlaceSchema(model.schema(), pollutant).ok()) {
    return {};
  }
  return base::FailedPrecondition(fmt::format(
      "the model's inputs (schema {}) are not the ones that this program builds "
      "(schema {}, of places {}): train it again",
      model.schema().fingerprint(), features::FeatureBuilder::Schema(pollutant).fingerprint(),
      features::PlaceSchema(pollutant).fingerprint()));
}

// Larger tensors are not made up.
constexpr std::size_t kMostWarmUpBytes = std::size_t{64} << 20;

// Runs a graph of tensors on zeros, with one for each size that is open. What comes of it says
// nothing of the graph: zeros need not be what it is made for.
void WarmUpTensors(const inference::LoadedModel& model) {
  std::vector<inference::Tensor> zeros;
  std::size_t bytes = 0;
  for (const inference::TensorSpec& spec : model.tensor_inputs()) {
    inference::Tensor& tensor = zeros.emplace_back();
    tensor.type = spec.type;
    tensor.shape = spec.shape;
    std::ranges::replace(tensor.shape, -1, 1);
    const std::size_t elements = inference::ElementCount(tensor.shape).value_or(kMostWarmUpBytes);
    bytes += std::min(elements, kMostWarmUpBytes) * inference::ElementBytes(spec.type);
    if (bytes > kMostWarmUpBytes) return;
    tensor.bytes.resize(elements * inference::ElementBytes(spec.type));
  }
  std::vector<inference::TensorView> views;
  views.reserve(zeros.size());
  for (const inference::Tensor& tensor : zeros) {
    views.push_back({.type = tensor.type, .shape = tensor.shape, .bytes = tensor.bytes});
  }
  std::vector<inference::Tensor> outputs;
  static_cast<void>(model.Infer(views, outputs).ok());
}

base::Result<void> WarmUp(const inference::LoadedModel& model, std::size_t rows) {
  if (!model.takes_rows()) {
    WarmUpTensors(model);
    return {};
  }
  const std::size_t columns = model.schema().size();
  std::vector<float> missing(rows * columns, std::numeric_limits<float>::quiet_NaN());
  std::vector<float> scores(rows * model.outputs());
  return model.Predict(missing, rows, scores);
}

base::Result<Loaded> Load(model::ModelDescription description, std::string_view artifact,
                          std::size_t warmup_rows) {
  GC_ASSIGN_OR_RETURN(Loaded model,
                      inference::LoadedModel::Parse(std::move(description), artifact));
  GC_RETURN_IF_ERROR(CheckSchema(*model));
  GC_RETURN_IF_ERROR(WarmUp(*model, warmup_rows));
  return model;
}

}  // namespace

ServedModel LoadRegistered(const registry::Registry& registry, model::ModelDescription description,
                           std::size_t warmup_rows) {
  ServedModel served;
  const auto load = [&]() -> base::Result<Loaded> {
    GC_ASSIGN_OR_RETURN(const std::string artifact, registry.Load(description));
    return Load(description, artifact, warmup_rows);
  };
  if (auto loaded = load(); loaded.ok()) {
    served.model = *std::move(loaded);
  } else {
    served.failure = loaded.error();
  }
  served.description = std::move(description);
  return served;
}

base::Result<ServedModel> LoadModelFile(const ModelFile& file, std::size_t warmup_rows) {
  model::ModelDescription description;
  description.model_name = file.name;
  description.version = 1;
  description.model_id = model::MakeModelId(file.name, 1, file.modified_at);
  description.stage = model::Stage::kProduction;
  description.created_at = file.modified_at;
  description.source = file.path;
  ServedModel served;
  GC_ASSIGN_OR_RETURN(served.model, Load(std::move(description), file.bytes, warmup_rows));
  served.description = served.model->description();
  return served;
}

}  // namespace geoclimate::service
