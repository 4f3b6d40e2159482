// From the bytes of a forecaster to a model that is ready to score, and one forecast by it.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {
namespace {

constexpr std::int32_t kFeatures = 60;

model::TreeEnsemble Trees(int trees, int depth, std::mt19937& random) {
  std::normal_distribution<float> number;
  model::TreeEnsemble ensemble;
  ensemble.features = kFeatures;
  for (int i = 0; i < kFeatures; ++i) ensemble.feature_names.push_back("f" + std::to_string(i));
  ensemble.base_scores = {0};
  const std::size_t splits = (std::size_t{1} << depth) - 1;
  for (int t = 0; t < trees; ++t) {
    model::Tree tree;
    tree.nodes.resize(2 * splits + 1);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      model::TreeNode& node = tree.nodes[i];
      (i < splits ? node.threshold : node.value) = double{number(random)};
      if (i >= splits) continue;
      node.feature = static_cast<std::int32_t>(random() % kFeatures);
      node.left = static_cast<std::int32_t>(2 * i + 1);
      node.right = static_cast<std::int32_t>(2 * i + 2);
    }
    ensemble.trees.push_back(std::move(tree));
  }
  return ensemble;
}

std::string Artifact(int members, int trees) {
  std::mt19937 random(7);
  model::Forecaster forecaster;
  std::vector<features::Feature> features;
  for (int i = 0; i < kFeatures; ++i)
    features.push_back({.name = "f" + std::to_string(i), .unit = ""});
  forecaster.schema = features::FeatureSchema(std::move(features));
  forecaster.baseline = {.last_feature = "f0", .reference_feature = "f1", .rho = 0.5};
  for (int i = 0; i < members; ++i) {
    forecaster.members.push_back({.target = model::MemberTarget::kResidual,
                                  .scale_offset = 1,
                                  .trees = Trees(trees, 6, random)});
  }
  return model::EncodeForecaster(forecaster);
}

void Load(benchmark::State& state) {
  const std::string artifact =
      Artifact(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(LoadedModel::Parse({}, artifact));
  }
  state.counters["artifact_bytes"] = static_cast<double>(artifact.size());
}
BENCHMARK(Load)->ArgNames({"members", "trees"})->Args({2, 300})->Unit(benchmark::kMillisecond);

void Forecast(benchmark::State& state) {
  const auto model = *LoadedModel::Parse(
      {}, Artifact(static_cast<int>(state.range(0)), static_cast<int>(state.range(1))));
  std::mt19937 random(8);
  std::normal_distribution<float> number;
  std::vector<float> rows(1000 * kFeatures);
  for (float& value : rows) value = number(random);
  std::size_t row = 0;
  model::Distribution distribution;
  for (auto _ : state) {
    benchmark::DoNotOptimize(model->PredictDistributions(
        std::span(rows).subspan(row * kFeatures, kFeatures), 1, {&distribution, 1}));
    row = (row + 1) % 1000;
  }
}
BENCHMARK(Forecast)->ArgNames({"members", "trees"})->Args({0, 0})->Args({2, 300});

}  // namespace
}  // namespace geoclimate::inference
