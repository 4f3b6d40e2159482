#include "geoclimate/training/selected_rows.h"

namespace geoclimate::training {

SelectedRows::SelectedRows(const TrainingRows& all, std::span<const std::size_t> rows)
    : view_{.pollutant = all.pollutant,
            .horizon_days = all.horizon_days,
            .schema = all.schema,
            .features = features_,
            .issue_days = {},
            .targets = {},
            .baselines = {},
            .last_column = all.last_column,
            .reference_columns = all.reference_columns} {
  features_.rows = rows.size();
  features_.columns = all.features.columns;
  features_.values.reserve(rows.size() * features_.columns);
  for (const std::size_t row : rows) {
    const std::span<const float> values = all.features.Row(row);
    features_.values.insert(features_.values.end(), values.begin(), values.end());
    issue_days_.push_back(all.issue_days[row]);
    targets_.push_back(all.targets[row]);
  }
  baseline_values_.reserve(all.baselines.size());
  for (const BaselinePredictions& baseline : all.baselines) {
    std::vector<float>& values = baseline_values_.emplace_back();
    for (const std::size_t row : rows) values.push_back(baseline.values[row]);
    baselines_.push_back({baseline.name, values});
  }
  view_.issue_days = issue_days_;
  view_.targets = targets_;
  view_.baselines = baselines_;
}

}  // namespace geoclimate::training
