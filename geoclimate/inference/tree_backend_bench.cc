// The tree engine on the model of the serving figures: 200 trees, depth 6, 24 features, 20 000
// different rows in turn.
#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "geoclimate/inference/tree_backend.h"

namespace geoclimate::inference {
namespace {

constexpr std::int32_t kFeatures = 24;
constexpr std::size_t kRows = 20'000;

model::Tree FullTree(int depth, std::mt19937& random) {
  std::normal_distribution<float> threshold;
  std::uniform_int_distribution<std::int32_t> feature(0, kFeatures - 1);
  model::Tree tree;
  tree.nodes.resize((std::size_t{2} << depth) - 1);
  const std::size_t splits = tree.nodes.size() / 2;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    model::TreeNode& node = tree.nodes[i];
    if (i >= splits) {
      node.value = double{threshold(random)};
      continue;
    }
    node.feature = feature(random);
    // As training by histograms leaves them: about 240 different ones a feature.
    node.threshold = double{std::round(threshold(random) * 40) / 40};
    node.default_left = random() % 2 == 0;
    node.left = static_cast<std::int32_t>(2 * i + 1);
    node.right = static_cast<std::int32_t>(2 * i + 2);
  }
  return tree;
}

struct Fixture {
  std::unique_ptr<TreeBackend> backend;
  std::vector<float> rows;

  Fixture(int trees, int depth) {
    std::mt19937 random(7);
    model::TreeEnsemble ensemble;
    ensemble.features = kFeatures;
    ensemble.feature_names.assign(kFeatures, "f");
    ensemble.base_scores = {0.5};
    for (int i = 0; i < trees; ++i) ensemble.trees.push_back(FullTree(depth, random));
    backend = *TreeBackend::Build(ensemble, Scores::kLinked);
    std::normal_distribution<float> value;
    rows.resize(kRows * kFeatures);
    for (float& cell : rows) cell = value(random);
  }
};

void Predict(benchmark::State& state) {
  const Fixture fixture(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const auto batch = static_cast<std::size_t>(state.range(2));
  std::vector<float> out(batch);
  std::size_t row = 0;
  for (auto _ : state) {
    const std::span<const float> rows =
        std::span(fixture.rows).subspan(row * kFeatures, batch * kFeatures);
    benchmark::DoNotOptimize(fixture.backend->Predict(rows, batch, out));
    row = row + 2 * batch <= kRows ? row + batch : 0;
  }
  state.counters["ns_a_row"] = benchmark::Counter(
      static_cast<double>(batch) * 1e-9,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(Predict)
    ->ArgNames({"trees", "depth", "batch"})
    ->Args({200, 6, 1})
    ->Args({200, 6, 16})
    ->Args({200, 6, 256})
    ->Args({200, 6, 1000})
    ->Args({200, 6, 10'000})
    ->Args({5000, 10, 1})
    ->Args({5000, 10, 256})
    ->Args({5000, 10, 2000})
    ->Args({500, 8, 256})
    ->Args({500, 9, 256})
    ->Args({200, 4, 256});

}  // namespace
}  // namespace geoclimate::inference
