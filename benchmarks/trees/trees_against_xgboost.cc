// The tree engine against XGBoost's C interface: see README.md.
#include <xgboost/c_api.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/inference/tree_backend.h"
#include "geoclimate/model/xgboost_reader.h"

namespace {

using namespace geoclimate;

constexpr std::size_t kFeatures = 24;
constexpr std::size_t kRows = 20'000;
constexpr int kTrees = 200;
constexpr int kPairs = 7;

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "trees_against_xgboost: {}\n", what);
  std::exit(1);
}

void Check(int status) {
  if (status != 0) Fail(XGBGetLastError());
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

class Booster {
 public:
  explicit Booster(const std::vector<float>& rows) {
    std::vector<float> labels(kRows);
    for (std::size_t i = 0; i < kRows; ++i) {
      const float* row = rows.data() + i * kFeatures;
      const auto term = [row](std::size_t column) { return row[column] > 0 ? row[column] : -1; };
      labels[i] = term(0) * term(1) + term(2) - term(3) * term(4) * term(5);
    }
    DMatrixHandle data = nullptr;
    Check(XGDMatrixCreateFromMat(rows.data(), kRows, kFeatures,
                                 std::numeric_limits<float>::quiet_NaN(), &data));
    Check(XGDMatrixSetFloatInfo(data, "label", labels.data(), kRows));
    Check(XGBoosterCreate(&data, 1, &booster_));
    Check(XGBoosterSetParam(booster_, "max_depth", "6"));
    Check(XGBoosterSetParam(booster_, "nthread", "1"));
    Check(XGBoosterSetParam(booster_, "objective", "reg:squarederror"));
    for (int i = 0; i < kTrees; ++i) Check(XGBoosterUpdateOneIter(booster_, i, data));
    Check(XGDMatrixFree(data));
  }
  ~Booster() { XGBoosterFree(booster_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  std::string Ubj() const {
    bst_ulong size = 0;
    const char* bytes = nullptr;
    Check(XGBoosterSaveModelToBuffer(booster_, R"({"format":"ubj"})", &size, &bytes));
    return {bytes, size};
  }

  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const {
    const std::string array =
        fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"<f4","version":3}})",
                    reinterpret_cast<std::uintptr_t>(rows.data()), count, kFeatures);
    const bst_ulong* shape = nullptr;
    bst_ulong dimensions = 0;
    const float* answers = nullptr;
    Check(XGBoosterPredictFromDense(
        booster_, array.c_str(),
        R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN})",
        nullptr, &shape, &dimensions, &answers));
    std::copy_n(answers, count, out.begin());
  }

 private:
  BoosterHandle booster_ = nullptr;
};

// All rows in turn, `batch` at a time; nanoseconds of CPU a row.
template <typename Predict>
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

void ExpectEqual(const std::vector<float>& rows, const auto& ours, const auto& theirs) {
  std::vector<float> a(kRows);
  std::vector<float> b(kRows);
  ours(rows, kRows, a);
  theirs(rows, kRows, b);
  if (a != b) Fail("the answers differ");
}

}  // namespace

int main() {
  const Booster booster(MakeRows(1));
  const auto ensemble = model::ReadXgboost(booster.Ubj());
  if (!ensemble.ok()) Fail(ensemble.error().message());
  const auto backend = inference::TreeBackend::Build(*ensemble, inference::Scores::kLinked);
  if (!backend.ok()) Fail(backend.error().message());
  const auto ours = [&](std::span<const float> rows, std::size_t count, std::span<float> out) {
    if (!(*backend)->Predict(rows, count, out).ok()) Fail("no answer");
  };
  const auto theirs = [&](std::span<const float> rows, std::size_t count, std::span<float> out) {
    booster.Predict(rows, count, out);
  };
  const std::vector<float> rows = MakeRows(2);
  ExpectEqual(rows, ours, theirs);

  std::string separator;
  fmt::print("{{\"trees\":{},\"depth\":6,\"features\":{},\"batches\":[", kTrees, kFeatures);
  for (const std::size_t batch : {std::size_t{1}, std::size_t{16}, std::size_t{256}, kRows / 2}) {
    const std::size_t total = batch == 1 ? kRows / 10 : kRows;
    std::vector<double> our_times;
    std::vector<double> their_times;
    std::vector<double> ratios;
    for (int pair = 0; pair < kPairs; ++pair) {
      our_times.push_back(Time(batch, total, rows, ours));
      their_times.push_back(Time(batch, total, rows, theirs));
      ratios.push_back(their_times.back() / our_times.back());
    }
    const auto [least, largest] = std::ranges::minmax_element(ratios);
    fmt::print(
        "{}{{\"rows\":{},\"engine_ns\":{:.0f},\"xgboost_ns\":{:.0f},\"ratio\":{:.1f},"
        "\"ratio_least\":{:.1f},\"ratio_largest\":{:.1f}}}",
        separator, batch, Median(our_times), Median(their_times), Median(ratios), *least, *largest);
    separator = ",";
  }
  fmt::print("]}}\n");
}
