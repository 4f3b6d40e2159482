#pragma once

#include <memory>
#include <span>

#include "geoclimate/inference/backend.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// What the answers are: the ensemble's own (averaged, with its link), or the base scores plus the
// sums of leaves.
enum class Scores { kLinked, kMargin };

// The tree engine. Answers equal XGBoost's own (leaves added in float, in the order of the trees)
// and LightGBM's (added in double, rounded to float once) to the bit before the link; a logistic,
// exponential or softmax link adds at most 4 ulp, since the libraries use other exponentials.
class TreeBackend final : public Backend {
 public:
  // kInvalidArgument for an ensemble that does not pass Validate(). The ensemble is not needed
  // afterwards.
  static base::Result<std::unique_ptr<TreeBackend>> Build(const model::TreeEnsemble& ensemble,
                                                          Scores scores);
  ~TreeBackend() override;

  std::size_t features() const override;
  std::size_t outputs() const override;
  base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                             std::span<float> out) const override;

  // Bytes of nodes and leaves.
  std::size_t memory_bytes() const;

 private:
  struct Layout;
  explicit TreeBackend(std::unique_ptr<const Layout> layout);
  std::unique_ptr<const Layout> layout_;
};

}  // namespace geoclimate::inference
