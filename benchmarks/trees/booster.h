#pragma once

// XGBoost by its C interface, on one thread.

#include <xgboost/c_api.h>

#include <cstddef>
#include <span>
#include <string>

namespace geoclimate::benchmarks {

// A failure ends the program.
class Booster {
 public:
  // `rows` is rows x features, row-major, with a label a row.
  static Booster Train(std::span<const float> rows, std::span<const float> labels, int trees,
                       int depth);
  static Booster Load(const std::string& path);
  ~Booster();
  Booster(Booster&& other) noexcept;
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  void Save(const std::string& path) const;
  void Predict(std::span<const float> rows, std::size_t count, std::span<float> out) const;

 private:
  explicit Booster(BoosterHandle booster) : booster_(booster) {}
  BoosterHandle booster_ = nullptr;
};

}  // namespace geoclimate::benchmarks
