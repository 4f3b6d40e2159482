#pragma once

// Models that other projects compiled into libraries, called as their own programs call them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace geoclimate::benchmarks {

// A library of lleaves: rows of doubles in, doubles out. The conversions count: our rows are
// floats.
class LleavesTrees {
 public:
  // Nothing when there is no such library.
  static std::optional<LleavesTrees> Open(const std::string& path);
  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const;

 private:
  using Function = void (*)(const double* rows, double* out, std::int32_t first, std::int32_t last);
  explicit LleavesTrees(Function function) : function_(function) {}
  Function function_;
};

// A library of tl2cgen: a row a call, missing values marked.
class Tl2cgenTrees {
 public:
  static std::optional<Tl2cgenTrees> Open(const std::string& path);
  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const;

 private:
  union Entry {
    int missing;  // -1
    float value;
    int quantised;
  };
  using Function = void (*)(Entry* row, int margin, float* out);
  explicit Tl2cgenTrees(Function function) : function_(function) {}
  Function function_;
};

}  // namespace geoclimate::benchmarks
