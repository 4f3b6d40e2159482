#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/onnx_graph.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::model {

enum class ModelFormat : std::uint8_t { kForecaster, kXgboost, kLightgbm, kOnnx };

// "forecaster", "xgboost", "lightgbm", "onnx": ModelDescription::model_type.
std::string_view ModelFormatName(ModelFormat format);

// By the first bytes. kInvalidArgument, saying what was expected, when they are of none.
base::Result<ModelFormat> DetectFormat(std::string_view bytes);

// A model of any known format, as its reader gives it.
struct ModelFile {
  ModelFormat format = ModelFormat::kForecaster;
  std::variant<Forecaster, TreeEnsemble, OnnxGraph> content;

  // The features that a row has: of a foreign model named as its file names them, without units or
  // ranges. None for a graph that takes no rows.
  std::vector<features::Feature> Features() const;
  // "forecasting", "classification", "ranking" or "regression": ModelDescription::task_type.
  std::string_view TaskType() const;
};

// Reads whatever DetectFormat() finds; the errors are those of the readers. A foreign model whose
// features have no or equal names is kInvalidArgument. Safe on hostile input.
base::Result<ModelFile> ReadModelFile(std::string_view bytes);

}  // namespace geoclimate::model
