#include "benchmarks/trees/booster.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::benchmarks {
namespace {

void Check(int status) {
  if (status == 0) return;
  fmt::print(stderr, "xgboost: {}\n", XGBGetLastError());
  std::exit(1);
}

}  // namespace

Booster Booster::Train(std::span<const float> rows, std::span<const float> labels, int trees,
                       int depth) {
  DMatrixHandle data = nullptr;
  Check(XGDMatrixCreateFromMat(rows.data(), labels.size(), rows.size() / labels.size(),
                               std::numeric_limits<float>::quiet_NaN(), &data));
  Check(XGDMatrixSetFloatInfo(data, "label", labels.data(), labels.size()));
  BoosterHandle handle = nullptr;
  Check(XGBoosterCreate(&data, 1, &handle));
  Booster booster(handle);
  const std::string max_depth = std::to_string(depth);
  // Deep trees learn slowly, so that the last of thousands are deep too.
  const char* const rate = trees > 1000 ? "0.02" : "0.3";
  for (const auto& [name, value] : {std::pair{"max_depth", max_depth.c_str()},
                                    {"learning_rate", rate},
                                    {"nthread", "1"},
                                    {"objective", "reg:squarederror"}}) {
    Check(XGBoosterSetParam(handle, name, value));
  }
  for (int i = 0; i < trees; ++i) Check(XGBoosterUpdateOneIter(handle, i, data));
  Check(XGDMatrixFree(data));
  return booster;
}

Booster Booster::Load(const std::string& path) {
  BoosterHandle handle = nullptr;
  Check(XGBoosterCreate(nullptr, 0, &handle));
  Booster booster(handle);
  Check(XGBoosterLoadModel(handle, path.c_str()));
  Check(XGBoosterSetParam(handle, "nthread", "1"));
  return booster;
}

Booster::Booster(Booster&& other) noexcept : booster_(std::exchange(other.booster_, nullptr)) {}

Booster::~Booster() {
  if (booster_ != nullptr) XGBoosterFree(booster_);
}

void Booster::Save(const std::string& path) const {
  Check(XGBoosterSaveModel(booster_, path.c_str()));
}

void Booster::Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const {
  const std::string array =
      fmt::format(R"({{"data":[{},true],"shape":[{},{}],"typestr":"<f4","version":3}})",
                  reinterpret_cast<std::uintptr_t>(rows.data()), count, rows.size() / count);
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* answers = nullptr;
  Check(XGBoosterPredictFromDense(
      booster_, array.c_str(),
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN})",
      nullptr, &shape, &dimensions, &answers));
  std::copy_n(answers, count, out.begin());
}

}  // namespace geoclimate::benchmarks
