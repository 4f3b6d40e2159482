// The tree engine against other libraries on the same models and rows: see README.md.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <hwy/highway.h>

#include "benchmarks/trees/booster.h"
#include "benchmarks/trees/compiled_trees.h"
#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/model/lightgbm_reader.h"
#include "geoclimate/model/xgboost_reader.h"

namespace {

using namespace geoclimate;
using benchmarks::Booster;

constexpr std::size_t kFeatures = 24;
constexpr std::size_t kRows = 20'000;
constexpr std::size_t kDeepTrainingRows = 10'000;
constexpr int kPairs = 7;

using Predict = std::function<void(std::span<const float>, std::size_t, std::span<float>)>;

struct Engine {
  std::string name;
  Predict predict;
};

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "trees_against_peers: {}\n", what);
  std::exit(1);
}

std::vector<float> MakeRows(unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> value;
  std::vector<float> rows(kRows * kFeatures);
  for (float& cell : rows) {
    cell = random() % 10 == 0 ? std::numeric_limits<float>::quiet_NaN() : value(random);
  }
  return rows;
}

std::vector<float> MakeLabels(const std::vector<float>& rows) {
  std::mt19937 random(3);
  std::normal_distribution<float> noise;
  std::vector<float> labels(kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    const float* row = rows.data() + i * kFeatures;
    const auto term = [row](std::size_t column) { return row[column] > 0 ? row[column] : -1; };
    labels[i] = term(0) * term(1) + term(2) - term(3) * term(4) * term(5) + 0.5F * noise(random);
  }
  return labels;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void WriteAll(const std::string& path, std::span<const float> values) {
  std::ofstream file(path, std::ios::binary);
  for (const float value : values) {
    file.write(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  if (!file) Fail("cannot write " + path);
}

void Train(const std::string& directory) {
  const std::vector<float> rows = MakeRows(1);
  const std::vector<float> labels = MakeLabels(rows);
  WriteAll(directory + "/rows.f32", rows);
  WriteAll(directory + "/labels.f32", labels);
  if (!std::filesystem::exists(directory + "/small.ubj")) {
    Booster::Train(rows, labels, 200, 6).Save(directory + "/small.ubj");
  }
  if (!std::filesystem::exists(directory + "/deep.ubj")) {
    Booster::Train(std::span(rows).first(kDeepTrainingRows * kFeatures),
                   std::span(labels).first(kDeepTrainingRows), 5000, 10)
        .Save(directory + "/deep.ubj");
  }
}

std::unique_ptr<inference::TreeBackend> BuildEngine(
    const base::Result<model::TreeEnsemble>& ensemble) {
  if (!ensemble.ok()) Fail(ensemble.error().message());
  auto backend = inference::TreeBackend::Build(*ensemble, inference::Scores::kLinked);
  if (!backend.ok()) Fail(backend.error().message());
  return *std::move(backend);
}

Predict PredictOf(const inference::TreeBackend& backend) {
  return [&backend](std::span<const float> rows, std::size_t count, std::span<float> out) {
    if (!backend.Predict(rows, count, out).ok()) Fail("no answer");
  };
}

// All rows in turn, `batch` at a time; nanoseconds of CPU a row.
double Time(std::size_t batch, std::size_t total, const std::vector<float>& rows,
            const Predict& predict) {
  std::vector<float> out(batch);
  const std::clock_t start = std::clock();
  for (std::size_t row = 0; row + batch <= total; row += batch) {
    predict(std::span(rows).subspan(row * kFeatures, batch * kFeatures), batch, out);
  }
  const double took = static_cast<double>(std::clock() - start) * (1e9 / CLOCKS_PER_SEC);
  return took / static_cast<double>(total / batch * batch);
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// XGBoost's answers are ours to the bit; compilers of trees add in an order of their own.
void ExpectEqual(const std::vector<float>& rows, const Predict& ours, const Engine& peer,
                 float tolerance) {
  std::vector<float> a(kRows);
  std::vector<float> b(kRows);
  ours(rows, kRows, a);
  peer.predict(rows, kRows, b);
  for (std::size_t i = 0; i < kRows; ++i) {
    if (!(std::abs(a[i] - b[i]) <= tolerance * std::max(1.0F, std::abs(a[i])))) {
      Fail(fmt::format("{} answers {}, not {}", peer.name, b[i], a[i]));
    }
  }
}

// One JSON object for a model and a peer.
void Compare(const std::string& model, const std::vector<float>& rows, std::size_t most_rows,
             const inference::TreeBackend& backend, const Engine& peer) {
  const Predict ours = PredictOf(backend);
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{256}, kRows / 2}) {
    if (batch > most_rows) continue;
    const std::size_t total = batch == 1 ? most_rows / 10 : most_rows;
    std::vector<double> our_times;
    std::vector<double> their_times;
    std::vector<double> ratios;
    for (int pair = 0; pair < kPairs; ++pair) {
      our_times.push_back(Time(batch, total, rows, ours));
      their_times.push_back(Time(batch, total, rows, peer.predict));
      ratios.push_back(their_times.back() / our_times.back());
    }
    const auto [least, largest] = std::ranges::minmax_element(ratios);
    fmt::print(
        "{{\"model\":\"{}\",\"rows\":{},\"engine_ns\":{:.0f},\"peer\":\"{}\",\"peer_ns\":{:.0f},"
        "\"ratio\":{:.1f},\"ratio_least\":{:.1f},\"ratio_largest\":{:.1f}}}\n",
        model, batch, Median(our_times), peer.name, Median(their_times), Median(ratios), *least,
        *largest);
    std::fflush(stdout);
  }
}

Engine XgboostEngine(const Booster& booster) {
  return {"xgboost", [&booster](std::span<const float> rows, std::size_t count,
                                std::span<float> out) { booster.Predict(rows, count, out); }};
}

template <typename Trees>
Engine CompiledEngine(const std::string& name, const Trees& trees) {
  return {name, [&trees](std::span<const float> rows, std::size_t count, std::span<float> out) {
            trees.Predict(rows, count, out);
          }};
}

void CompareSmall(const std::string& directory, const std::vector<float>& rows) {
  const Booster booster = Booster::Load(directory + "/small.ubj");
  const auto backend = BuildEngine(model::ReadXgboost(ReadAll(directory + "/small.ubj")));
  fmt::print(stderr, "instructions: {}; blocks from {} rows\n",
             hwy::TargetName(hwy::SupportedTargets() & -hwy::SupportedTargets()),
             backend->block_from());
  const Engine xgboost = XgboostEngine(booster);
  ExpectEqual(rows, PredictOf(*backend), xgboost, 0);
  Compare("xgboost 200 x 6", rows, kRows, *backend, xgboost);
  if (const auto trees = benchmarks::Tl2cgenTrees::Open(directory + "/tl2cgen.so")) {
    const Engine tl2cgen = CompiledEngine("tl2cgen", *trees);
    ExpectEqual(rows, PredictOf(*backend), tl2cgen, 1e-4F);
    Compare("xgboost 200 x 6", rows, kRows, *backend, tl2cgen);
  }
  for (const std::string name : {"lleaves_row", "lleaves_batch"}) {
    const auto trees = benchmarks::LleavesTrees::Open(directory + "/" + name + ".so");
    if (!trees.has_value()) continue;
    const auto lightgbm = BuildEngine(model::ReadLightgbm(ReadAll(directory + "/lightgbm.txt")));
    const Engine lleaves = CompiledEngine(name, *trees);
    ExpectEqual(rows, PredictOf(*lightgbm), lleaves, 1e-4F);
    Compare("lightgbm 200 x 6", rows, kRows, *lightgbm, lleaves);
  }
}

void CompareDeep(const std::string& directory, const std::vector<float>& rows) {
  const Booster booster = Booster::Load(directory + "/deep.ubj");
  const auto backend = BuildEngine(model::ReadXgboost(ReadAll(directory + "/deep.ubj")));
  fmt::print(stderr, "deep: {} MB; blocks from {} rows\n", backend->memory_bytes() >> 20,
             backend->block_from());
  const Engine xgboost = XgboostEngine(booster);
  ExpectEqual(rows, PredictOf(*backend), xgboost, 0);
  Compare("xgboost 5000 x 10", rows, 2'000, *backend, xgboost);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Fail("usage: trees_against_peers train|time DIRECTORY");
  const std::string directory = argv[2];
  if (std::string(argv[1]) == "train") {
    Train(directory);
    return 0;
  }
  const std::vector<float> rows = MakeRows(2);
  CompareSmall(directory, rows);
  CompareDeep(directory, rows);
}
