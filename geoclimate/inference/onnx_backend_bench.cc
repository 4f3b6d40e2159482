// The golden networks through ONNX Runtime: one load, and rows by themselves and together. The same
// trees as an ONNX graph and in the tree engine give a ratio within one run. Run it from the
// checkout's root.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file("tests/golden/models" / path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void LoadGraph(benchmark::State& state) {
  const std::string artifact = Read("onnx/mlp.onnx");
  for (auto _ : state) benchmark::DoNotOptimize(LoadedModel::Parse({}, artifact));
}
BENCHMARK(LoadGraph)->Unit(benchmark::kMicrosecond);

void ScoreRows(benchmark::State& state, const char* path) {
  const auto model = LoadedModel::Parse({}, Read(path));
  if (!model.ok()) return state.SkipWithError("run it from the root of the checkout");
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<float> rows(count * (*model)->schema().size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i % 7) - 3;
  std::vector<float> answers(count * (*model)->outputs());
  for (auto _ : state) benchmark::DoNotOptimize((*model)->Predict(rows, count, answers).ok());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(ScoreRows, network, "onnx/mlp.onnx")->Arg(1)->Arg(32)->Arg(1024);
BENCHMARK_CAPTURE(ScoreRows, trees_as_onnx, "onnx/lgb_regression.onnx")->Arg(1)->Arg(1024);
BENCHMARK_CAPTURE(ScoreRows, the_same_trees, "lgb_regression.txt")->Arg(1)->Arg(1024);

void InferTensors(benchmark::State& state) {
  const auto model = LoadedModel::Parse({}, Read("onnx/mlp.onnx"));
  if (!model.ok()) return state.SkipWithError("run it from the root of the checkout");
  const std::vector<std::int64_t> shape = {state.range(0), 4};
  const std::vector<float> rows(static_cast<std::size_t>(state.range(0)) * 4, 0.5F);
  const TensorView view = {
      .type = TensorType::kFp32, .shape = shape, .bytes = std::as_bytes(std::span(rows))};
  std::vector<Tensor> outputs;
  for (auto _ : state) benchmark::DoNotOptimize((*model)->Infer({{view}}, outputs).ok());
}
BENCHMARK(InferTensors)->Arg(1)->Arg(32);

}  // namespace
}  // namespace geoclimate::inference
