#pragma once

#include <memory>
#include <span>

#include "geoclimate/inference/backend.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// What the answers are: the ensemble's own (averaged, with its link), or the base scores plus the
// sums of leaves.
enum class Scores { kLinked, kMargin };

// How rows go through the trees. Answers are the same to the bit, only the time differs.
enum class TreeLayout {
  // One row after the other (WalkedTrees or HeapTrees), or blocks of 64 rows at once
  // (BlockedTrees),
  // whichever a short measurement while the model is built found to be quicker for as many rows.
  kMeasured,
  kWalked,   // every row by a walk
  kHeaps,    // every row by heaps, where the ensemble has that layout
  kBlocked,  // every row in a block, also alone, where the ensemble has that layout
};

// The tree engine. Answers equal XGBoost's own (leaves added in float, in the order of the trees)
// and LightGBM's (added in double, rounded to float once) to the bit before the link; a logistic,
// exponential or softmax link adds at most 4 ulp, since the libraries use other exponentials.
class TreeBackend final : public Backend {
 public:
  // kInvalidArgument for an ensemble that does not pass Validate(). The ensemble is not needed
  // afterwards.
  static base::Result<std::unique_ptr<TreeBackend>> Build(
      const model::TreeEnsemble& ensemble, Scores scores,
      TreeLayout layout = TreeLayout::kMeasured);
  ~TreeBackend() override;

  std::size_t features() const override;
  std::size_t outputs() const override;
  base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                             std::span<float> out) const override;

  // Bytes of nodes and leaves, in all layouts.
  std::size_t memory_bytes() const;
  // A batch is cut into blocks of 64 rows; of one that holds so many rows or more the rows go
  // through the trees at once. More than 64: none does.
  std::size_t block_from() const;

 private:
  struct Engines;
  explicit TreeBackend(std::unique_ptr<const Engines> engines);
  std::unique_ptr<const Engines> engines_;
};

}  // namespace geoclimate::inference
