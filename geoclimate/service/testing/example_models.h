#pragma once

// Small models for tests of this module and of the protocols above it.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/place_features.h"
#include "geoclimate/forecast/place_rows.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/model_file.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

inline model::ModelDescription DescriptionOf(std::string name, int version, model::Stage stage) {
  model::ModelDescription description;
  description.model_id = name + "_v" + std::to_string(version) + "_20240131_120000";
  description.model_name = std::move(name);
  description.version = version;
  description.stage = stage;
  return description;
}

// One tree over "last", "mean30", "wind": 1 when last < 10, else 2; a missing last counts as 2.
inline model::TreeEnsemble ExampleTrees() {
  model::TreeEnsemble trees;
  trees.features = 3;
  trees.feature_names = {"last", "mean30", "wind"};
  trees.base_scores = {0};
  model::Tree tree;
  tree.nodes.resize(3);
  tree.nodes[0].feature = 0;
  tree.nodes[0].threshold = 10;
  tree.nodes[0].left = 1;
  tree.nodes[0].right = 2;
  tree.nodes[1].value = 1;
  tree.nodes[2].value = 2;
  trees.trees.push_back(std::move(tree));
  return trees;
}

// A forecaster without members of FeatureBuilder's own schema: persistence, with quantiles around
// it.
inline model::Forecaster ExampleForecaster(airquality::Pollutant pollutant, int horizon) {
  using features::FeatureBuilder;
  model::Forecaster forecaster;
  forecaster.pollutant = pollutant;
  forecaster.horizon_days = horizon;
  forecaster.schema = FeatureBuilder::Schema(pollutant);
  forecaster.baseline = {.last_feature = std::string(FeatureBuilder::LastValueName(pollutant)),
                         .reference_feature = std::string(FeatureBuilder::Mean30Name(pollutant)),
                         .rho = 1};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  return forecaster;
}

// The same for places: the interpolation of the newest values.
inline model::Forecaster ExamplePlaceForecaster(airquality::Pollutant pollutant, int horizon) {
  model::Forecaster forecaster = ExampleForecaster(pollutant, horizon);
  const forecast::PlaceBaselineColumns columns = forecast::BaselineColumnsOfPlaces(pollutant);
  forecaster.schema = features::PlaceSchema(pollutant);
  forecaster.baseline.last_feature = columns.last;
  forecaster.baseline.reference_feature = columns.references[0];
  return forecaster;
}

inline ServedModel Serve(model::ModelDescription description, model::ModelFile file) {
  auto model = inference::LoadedModel::FromFile(std::move(description), std::move(file));
  GC_CHECK(model.ok(), "the example is a valid model");
  ServedModel served;
  served.model = *std::move(model);
  served.description = served.model->description();
  return served;
}

inline ServedModel ServeExampleTrees(std::string name, int version = 1,
                                     model::Stage stage = model::Stage::kProduction) {
  return Serve(DescriptionOf(std::move(name), version, stage),
               {.format = model::ModelFormat::kXgboost, .content = ExampleTrees()});
}

// An ONNX graph that takes no rows: y = -x, INT64 [n].
inline ServedModel ServeExampleTensors(std::string name) {
  using std::string_literals::operator""s;
  auto file = model::ReadModelFile(
      "\x08\x08:"
      "4\n\x0b\n\x01x\x12\x01y\"\x03Neg\x12\x01gZ\x10\n\x01x\x12\x0b\n\t\x08\x07\x12\x05\n\x03\x12"
      "\x01n"
      "b\x10\n\x01y\x12\x0b\n\t\x08\x07\x12\x05\n\x03\x12\x01nB\x04\n\0\x10\x11"s);
  GC_CHECK(file.ok(), "the example is an ONNX model");
  return Serve(DescriptionOf(std::move(name), 1, model::Stage::kProduction), *std::move(file));
}

inline ServedModel ServeExampleForecaster(std::string name) {
  return Serve(DescriptionOf(std::move(name), 1, model::Stage::kProduction),
               {.format = model::ModelFormat::kForecaster,
                .content = ExampleForecaster(airquality::Pollutant::kPm25, 1)});
}

}  // namespace geoclimate::service
