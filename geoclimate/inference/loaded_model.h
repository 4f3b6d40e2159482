#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/features/feature_schema.h"
#include "geoclimate/inference/backend.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A model in memory, ready to score: its description, its input schema and its engine. Immutable,
// thread-safe; handed around as shared_ptr<const LoadedModel>.
//
// Two kinds. A forecaster answers the mean concentration as its one output and has a distribution
// too. Any other ensemble answers what its own library would: one output or one a class.
class LoadedModel {
 public:
  // From the bytes of an artifact in any known format (forecaster, XGBoost JSON or UBJ, LightGBM
  // text), which are told apart by their first bytes. kInvalidArgument or kDataLoss naming what is
  // wrong with them.
  static base::Result<std::shared_ptr<const LoadedModel>> Parse(model::ModelDescription description,
                                                                std::string_view artifact);
  static base::Result<std::shared_ptr<const LoadedModel>> FromForecaster(
      model::ModelDescription description, model::Forecaster forecaster);
  static base::Result<std::shared_ptr<const LoadedModel>> FromEnsemble(
      model::ModelDescription description, const model::TreeEnsemble& ensemble);
  ~LoadedModel();

  const model::ModelDescription& description() const;
  // Of a foreign model: features named as its file names them, without units or ranges.
  const features::FeatureSchema& schema() const;
  // Null for a foreign model. Its members' trees are emptied: the engine holds them.
  const model::Forecaster* forecaster() const;
  // Values a row: 1 for a forecaster.
  std::size_t outputs() const;

  // Scores `count` rows of schema().size() floats, row-major, NaN where missing, into count x
  // outputs() floats. Does not allocate. Errors: see Backend::Predict.
  base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                             std::span<float> out) const;
  // One distribution a row. Of a forecaster only: a foreign model has none, and the call is a bug.
  base::Result<void> PredictDistributions(std::span<const float> rows, std::size_t count,
                                          std::span<model::Distribution> out) const;

 private:
  struct State;
  explicit LoadedModel(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace geoclimate::inference
