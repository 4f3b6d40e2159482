#include "benchmarks/cache/replayed_models.h"

#include <cmath>
#include <random>
#include <string>
#include <utility>

#include "geoclimate/base/check.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/forecaster.h"

namespace geoclimate::bench {
namespace {

constexpr int kDepth = 6;
constexpr int kHorizons = 3;

model::TreeEnsemble MakeTrees(const std::vector<const SiteRow*>& rows,
                              const features::FeatureSchema& schema, int trees,
                              std::mt19937& random) {
  model::TreeEnsemble ensemble;
  ensemble.features = static_cast<std::int32_t>(schema.size());
  for (const features::Feature& feature : schema.features()) {
    ensemble.feature_names.push_back(feature.name);
  }
  ensemble.base_scores = {0};
  const std::size_t splits = (std::size_t{1} << kDepth) - 1;
  std::normal_distribution<float> leaf(0, 0.01F);
  for (int t = 0; t < trees; ++t) {
    model::Tree tree;
    tree.nodes.resize(2 * splits + 1);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      model::TreeNode& node = tree.nodes[i];
      if (i >= splits) {
        node.value = double{leaf(random)};
        continue;
      }
      const std::size_t feature = random() % schema.size();
      const float value = rows[random() % rows.size()]->values[feature];
      node.feature = static_cast<std::int32_t>(feature);
      node.threshold = std::isnan(value) ? 0 : double{value};
      node.left = static_cast<std::int32_t>(2 * i + 1);
      node.right = static_cast<std::int32_t>(2 * i + 2);
    }
    ensemble.trees.push_back(std::move(tree));
  }
  return ensemble;
}

service::ServedModel Serve(airquality::Pollutant pollutant, int horizon,
                           model::TreeEnsemble trees) {
  using features::FeatureBuilder;
  model::Forecaster forecaster;
  forecaster.pollutant = pollutant;
  forecaster.horizon_days = horizon;
  forecaster.schema = FeatureBuilder::Schema(pollutant);
  forecaster.baseline = {.last_feature = std::string(FeatureBuilder::LastValueName(pollutant)),
                         .reference_feature = std::string(FeatureBuilder::Mean30Name(pollutant)),
                         .rho = 0.5};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  forecaster.members.push_back(
      {.target = model::MemberTarget::kResidual, .scale_offset = 1, .trees = std::move(trees)});
  model::ModelDescription description;
  description.model_name =
      std::string(airquality::Slug(pollutant)) + "_d" + std::to_string(horizon);
  description.model_id = description.model_name + "_v1";
  description.version = 1;
  auto loaded =
      inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
  GC_CHECK(loaded.ok(), "the made forecaster is valid");
  service::ServedModel served;
  served.model = *std::move(loaded);
  served.description = served.model->description();
  return served;
}

}  // namespace

std::vector<std::vector<service::ServedModel>> MakeModels(std::span<const SiteRow> rows,
                                                          int trees) {
  std::mt19937 random(7);
  std::vector<std::vector<service::ServedModel>> models(airquality::kPollutantCount);
  for (const airquality::Pollutant pollutant : airquality::kPollutants) {
    std::vector<const SiteRow*> own;
    for (const SiteRow& row : rows) {
      if (row.pollutant == pollutant) own.push_back(&row);
    }
    if (own.empty()) continue;
    for (int horizon = 1; horizon <= kHorizons; ++horizon) {
      models[static_cast<std::size_t>(pollutant)].push_back(
          Serve(pollutant, horizon,
                MakeTrees(own, features::FeatureBuilder::Schema(pollutant), trees, random)));
    }
  }
  return models;
}

}  // namespace geoclimate::bench
