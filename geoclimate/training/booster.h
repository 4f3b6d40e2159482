#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::training {

// Rows in XGBoost's own memory, with a label and a weight each. Move-only; not thread-safe.
class BoosterMatrix {
 public:
  // Copies `values`, row-major rows of schema.size() floats, NaN where missing.
  static base::Result<BoosterMatrix> Create(const features::FeatureSchema& schema,
                                            std::span<const float> values, int threads);

  // One entry a row, finite; weights are not negative. May be set again for another fit.
  base::Result<void> SetLabels(std::span<const float> labels);
  base::Result<void> SetWeights(std::span<const float> weights);

  std::size_t rows() const { return rows_; }

 private:
  friend class Booster;
  struct Free {
    void operator()(void* handle) const;
  };
  BoosterMatrix(void* handle, std::size_t rows) : handle_(handle), rows_(rows) {}
  std::unique_ptr<void, Free> handle_;
  std::size_t rows_;
};

// Gradient-boosted trees under squared error, grown leaf by leaf on histograms. Move-only; not
// thread-safe, different boosters may be used by different threads.
class Booster {
 public:
  // Exactly options.max_rounds trees.
  static base::Result<Booster> Train(const BoostOptions& options, const BoosterMatrix& train);
  // Stops when options.patience rounds have brought no lower weighted RMSE on `validation`. Both
  // matrices must outlive the booster.
  static base::Result<Booster> TrainStoppingEarly(const BoostOptions& options,
                                                  const BoosterMatrix& train,
                                                  const BoosterMatrix& validation);

  // The number of trees with the lowest error on the validation rows, or all of them; at least 1.
  int rounds() const { return rounds_; }
  // Raw scores of the first rounds() trees.
  base::Result<std::vector<float>> Predict(const BoosterMatrix& rows) const;
  // The first rounds() trees in XGBoost's UBJSON.
  base::Result<std::string> Save() const;

 private:
  struct Free {
    void operator()(void* handle) const;
  };
  explicit Booster(void* handle) : handle_(handle) {}
  static base::Result<Booster> Create(const BoostOptions& options,
                                      std::span<const BoosterMatrix* const> matrices);
  base::Result<void> Grow(int round, const BoosterMatrix& train);
  base::Result<double> ValidationError(int round, const BoosterMatrix& validation) const;

  std::unique_ptr<void, Free> handle_;
  int rounds_ = 0;
};

}  // namespace geoclimate::training
