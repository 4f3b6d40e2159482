#include "geoclimate/backtest/past_tasks.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "geoclimate/backtest/known_baselines.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/forecast/past_rows.h"

namespace geoclimate::backtest {

using features::FeatureBuilder;
using features::RowKey;

std::size_t PastTasks::CountBefore(const PollutantRows& all, base::LocalDay origin) const {
  const base::LocalDay issued_before = origin - std::chrono::days(horizon_days);
  const auto end = std::ranges::lower_bound(
      rows, issued_before, {}, [&](std::size_t row) { return all.keys.keys[row].issue_day; });
  return static_cast<std::size_t>(end - rows.begin());
}

PastTasks FindPastTasks(const Knowledge& knowledge, const PollutantRows& rows, int horizon_days) {
  PastTasks tasks{.horizon_days = horizon_days, .rows = {}, .baselines = {}};
  const base::LocalDay first = forecast::FirstTrainingDay(rows.pollutant);
  std::vector<RowKey> keys;
  for (std::size_t row = 0; row < rows.keys.keys.size(); ++row) {
    const RowKey& key = rows.keys.keys[row];
    const float truth = knowledge.truth()
                            .Get(rows.pollutant, key.site)
                            .At(key.issue_day + std::chrono::days(horizon_days));
    if (key.issue_day < first || !std::isfinite(truth)) continue;
    tasks.rows.push_back(row);
    keys.push_back(key);
  }
  if (knowledge.vintages() == nullptr) {
    tasks.baselines =
        forecast::Baselines(knowledge.truth(), rows.pollutant, std::array{horizon_days})
            .Columns(keys, horizon_days);
  } else {
    tasks.baselines = KnownBaselines(knowledge, rows, tasks.rows, horizon_days);
  }
  return tasks;
}

TrainingSet::TrainingSet(const Knowledge& knowledge, const PollutantRows& all,
                         const PastTasks& tasks, base::LocalDay origin, double hold_out_share)
    : pollutant_(all.pollutant),
      horizon_days_(tasks.horizon_days),
      schema_(all.schema),
      reference_columns_{FeatureBuilder::Mean30Name(all.pollutant),
                         FeatureBuilder::ExpandingMeanName(all.pollutant)} {
  const std::size_t count = tasks.CountBefore(all, origin);
  std::vector<RowKey> keys;
  features_.columns = all.features.columns;
  features_.values.reserve(count * features_.columns);
  for (std::size_t i = 0; i < count; ++i) {
    const RowKey& key = all.keys.keys[tasks.rows[i]];
    const base::LocalDay valid_day = key.issue_day + std::chrono::days(horizon_days_);
    const float target = knowledge.ValueKnownAt(pollutant_, key.site, valid_day, origin);
    if (!std::isfinite(target)) continue;
    if (HeldOut(knowledge.truth().sites()[key.site].id, hold_out_share)) continue;
    const std::span<const float> values = all.features.Row(tasks.rows[i]);
    features_.values.insert(features_.values.end(), values.begin(), values.end());
    keys.push_back(key);
    issue_days_.push_back(key.issue_day);
    targets_.push_back(target);
    for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
      baselines_[b].push_back(tasks.baselines[b][i]);
    }
  }
  features_.rows = targets_.size();
  features_ = all.Extended(std::move(features_), keys, horizon_days_);
  for (const forecast::Baseline baseline : forecast::kBaselines) {
    predictions_.push_back({.name = std::string(forecast::BaselineName(baseline)),
                            .values = baselines_[static_cast<std::size_t>(baseline)]});
  }
}

training::TrainingRows TrainingSet::View() const {
  return {.pollutant = pollutant_,
          .horizon_days = horizon_days_,
          .schema = schema_,
          .features = features_,
          .issue_days = issue_days_,
          .targets = targets_,
          .baselines = predictions_,
          .last_column = FeatureBuilder::LastValueName(pollutant_),
          .reference_columns = reference_columns_,
          .fallback_schema = &FeatureBuilder::Schema(pollutant_)};
}

}  // namespace geoclimate::backtest
