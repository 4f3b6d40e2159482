#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// Which feature of a row moved a tree ensemble's margin by how much: exact TreeSHAP (S. Lundberg et
// al., Nature Machine Intelligence 2(1), 2020, "path-dependent"). What the margin would be without
// a feature is told by the covers of the training rows. XGBoost's and LightGBM's pred_contribs.
//
// Immutable, thread-safe.
class TreeExplainer {
 public:
  // More nodes than this are not explained: each takes 48 bytes beside the engine's.
  static constexpr std::size_t kMostNodes = 1'000'000;

  // kInvalidArgument for an ensemble that does not pass Validate(). kUnimplemented, saying why, for
  // one whose file says no covers, and for more than kMostNodes nodes.
  static base::Result<std::unique_ptr<const TreeExplainer>> Build(
      const model::TreeEnsemble& ensemble);

  std::size_t features() const { return features_; }
  std::size_t outputs() const { return base_values_.size(); }

  // What margin `output` is for the mean training row.
  double base_value(std::size_t output) const { return base_values_[output]; }
  // Writes a number a feature, in the margin's unit; with base_value() they sum up to the margin,
  // but for rounding. `row` is features() floats, NaN where missing. Time grows with the leaves
  // times the square of the depth; allocates its work space.
  void Explain(std::span<const float> row, std::size_t output,
               std::span<double> contributions) const;

 private:
  explicit TreeExplainer(const model::TreeEnsemble& ensemble);

  std::size_t features_;
  std::vector<double> base_values_;  // by output
  std::vector<double> divisors_;     // by output: of the sum of its trees
  std::vector<model::Tree> trees_;
  std::size_t depth_ = 0;  // of the deepest: splits on its longest path
};

}  // namespace geoclimate::inference
