#include "benchmarks/trees/compiled_trees.h"

#include <dlfcn.h>

#include <cmath>

namespace geoclimate::benchmarks {
namespace {

// Libraries stay open to the end of the program.
template <typename Function>
Function Symbol(const std::string& path, const char* name) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(library, name));
}

}  // namespace

std::optional<LleavesTrees> LleavesTrees::Open(const std::string& path) {
  const auto function = Symbol<Function>(path, "forest_root");
  if (function == nullptr) return std::nullopt;
  return LleavesTrees(function);
}

void LleavesTrees::Predict(std::span<const float> rows, std::size_t count,
                           std::span<float> out) const {
  thread_local std::vector<double> numbers;
  thread_local std::vector<double> answers;
  numbers.assign(rows.begin(), rows.end());
  answers.resize(count);
  function_(numbers.data(), answers.data(), 0, static_cast<std::int32_t>(count));
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(answers[i]);
}

std::optional<Tl2cgenTrees> Tl2cgenTrees::Open(const std::string& path) {
  const auto function = Symbol<Function>(path, "predict");
  if (function == nullptr) return std::nullopt;
  return Tl2cgenTrees(function);
}

void Tl2cgenTrees::Predict(std::span<const float> rows, std::size_t count,
                           std::span<float> out) const {
  thread_local std::vector<Entry> entries;
  const std::size_t features = rows.size() / count;
  entries.resize(features);
  for (std::size_t row = 0; row < count; ++row) {
    for (std::size_t i = 0; i < features; ++i) {
      const float value = rows[row * features + i];
      if (std::isnan(value)) {
        entries[i].missing = -1;
      } else {
        entries[i].value = value;
      }
    }
    function_(entries.data(), 0, &out[row]);
  }
}

}  // namespace geoclimate::benchmarks
