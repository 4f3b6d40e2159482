#include "geoclimate/model/model_file.h"

#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/model/lightgbm_reader.h"
#include "geoclimate/model/xgboost_reader.h"

namespace geoclimate::model {

std::string_view ModelFormatName(ModelFormat format) {
  switch (format) {
    case ModelFormat::kForecaster:
      return "forecaster";
    case ModelFormat::kXgboost:
      return "xgboost";
    case ModelFormat::kLightgbm:
      return "lightgbm";
    case ModelFormat::kOnnx:
      return "onnx";
  }
  return "unknown";
}

base::Result<ModelFormat> DetectFormat(std::string_view bytes) {
  if (bytes.starts_with("GCFCAST")) return ModelFormat::kForecaster;
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') return ModelFormat::kXgboost;
  if (bytes.starts_with("tree\n") || bytes.starts_with("tree\r\n")) return ModelFormat::kLightgbm;
  if (LooksLikeOnnx(bytes)) return ModelFormat::kOnnx;
  return base::InvalidArgument(
      "this is no model that is known: expected a forecaster of geo-climate, an XGBoost model "
      "saved as .json or .ubj, a LightGBM model saved as text, or an ONNX model");
}

std::vector<features::Feature> ModelFile::Features() const {
  if (const auto* forecaster = std::get_if<Forecaster>(&content)) {
    return forecaster->schema.features();
  }
  const auto* graph = std::get_if<OnnxGraph>(&content);
  std::vector<features::Feature> features;
  for (const std::string& name :
       graph != nullptr ? graph->feature_names : std::get<TreeEnsemble>(content).feature_names) {
    features.emplace_back().name = name;
  }
  return features;
}

std::string_view ModelFile::TaskType() const {
  if (const auto* graph = std::get_if<OnnxGraph>(&content)) {
    return graph->is_classifier ? "classification" : "regression";
  }
  const auto* ensemble = std::get_if<TreeEnsemble>(&content);
  if (ensemble == nullptr) return "forecasting";
  const std::string_view objective = ensemble->objective;
  if (objective.starts_with("binary") || objective.starts_with("multi")) return "classification";
  if (objective.find("rank") != std::string_view::npos) return "ranking";
  return "regression";
}

namespace {

// Of a foreign model.
template <typename Content>
base::Result<ModelFile> ToFile(ModelFormat format, base::Result<Content> content) {
  if (!content.ok()) return content.error().WithContext(ModelFormatName(format));
  ModelFile file{.format = format, .content = *std::move(content)};
  const base::Result<void> named = features::FeatureSchema::Validate(file.Features());
  if (!named.ok()) return named.error().WithContext(ModelFormatName(format));
  return file;
}

}  // namespace

base::Result<ModelFile> ReadModelFile(std::string_view bytes) {
  GC_ASSIGN_OR_RETURN(const ModelFormat format, DetectFormat(bytes));
  switch (format) {
    case ModelFormat::kXgboost:
      return ToFile(format, ReadXgboost(bytes));
    case ModelFormat::kLightgbm:
      return ToFile(format, ReadLightgbm(bytes));
    case ModelFormat::kOnnx:
      return ToFile(format, ReadOnnx(bytes));
    case ModelFormat::kForecaster:
      break;
  }
  GC_ASSIGN_OR_RETURN(Forecaster forecaster, ParseForecaster(bytes));
  return ModelFile{.format = format, .content = std::move(forecaster)};
}

}  // namespace geoclimate::model
