#pragma once

#include <span>
#include <vector>

#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// Some of the rows of a TrainingRows, copied, as such.
class SelectedRows {
 public:
  // `rows` ascend. What `all` views need not outlive this, but for its schema and names.
  SelectedRows(const TrainingRows& all, std::span<const std::size_t> rows);
  SelectedRows(const SelectedRows&) = delete;
  SelectedRows& operator=(const SelectedRows&) = delete;

  // Valid as long as this.
  const TrainingRows& view() const { return view_; }

 private:
  features::FeatureMatrix features_;
  std::vector<base::LocalDay> issue_days_;
  std::vector<float> targets_;
  std::vector<std::vector<float>> baseline_values_;
  std::vector<BaselinePredictions> baselines_;
  TrainingRows view_;
};

}  // namespace geoclimate::training
