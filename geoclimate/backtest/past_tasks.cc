#include "geoclimate/backtest/past_tasks.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/backtest/known_baselines.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/place_rows.h"

namespace geoclimate::backtest {

using features::FeatureBuilder;
using features::RowKey;

namespace {

// Of places, the simple methods are interpolations.
static_assert(forecast::kInterpolationCount == forecast::kBaselineCount);

forecast::BaselineColumns InterpolationsOf(const Knowledge& knowledge, const PollutantRows& rows,
                                           std::span<const std::size_t> tasks, int horizon_days) {
  const std::chrono::days horizon(horizon_days);
  std::vector<float> observed;
  for (const std::size_t row : tasks) {
    const RowKey& key = rows.keys.keys[row];
    observed.push_back(knowledge.truth().Get(rows.pollutant, key.site).At(key.issue_day + horizon));
  }
  return forecast::Interpolate(rows.pollutant, {.keys = rows.keys.keys,
                                                .features = rows.features,
                                                .rows = tasks,
                                                .observed = observed,
                                                .wait = horizon + knowledge.longest_wait()});
}

std::string_view SimpleMethodName(airquality::Basis basis, std::size_t method) {
  return basis == airquality::Basis::kSite
             ? forecast::BaselineName(static_cast<forecast::Baseline>(method))
             : forecast::InterpolationName(static_cast<forecast::Interpolation>(method));
}

}  // namespace

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
  if (rows.basis == airquality::Basis::kNeighbours) {
    tasks.baselines = InterpolationsOf(knowledge, rows, tasks.rows, horizon_days);
  } else if (knowledge.vintages() == nullptr) {
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
      basis_(all.basis),
      horizon_days_(tasks.horizon_days),
      schema_(all.schema),
      last_column_(FeatureBuilder::LastValueName(all.pollutant)),
      reference_columns_{FeatureBuilder::Mean30Name(all.pollutant),
                         FeatureBuilder::ExpandingMeanName(all.pollutant)} {
  if (basis_ == airquality::Basis::kNeighbours) {
    const forecast::PlaceBaselineColumns columns = forecast::BaselineColumnsOfPlaces(all.pollutant);
    last_column_ = columns.last;
    reference_columns_ = columns.references;
  }
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
    sites_.push_back(key.site);
    targets_.push_back(target);
    for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
      baselines_[b].push_back(tasks.baselines[b][i]);
    }
  }
  features_.rows = targets_.size();
  features_ = all.Extended(std::move(features_), keys, horizon_days_);
  for (std::size_t b = 0; b < forecast::kBaselineCount; ++b) {
    predictions_.push_back(
        {.name = std::string(SimpleMethodName(basis_, b)), .values = baselines_[b]});
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
          .last_column = last_column_,
          .reference_columns = reference_columns_,
          .fallback_schema =
              basis_ == airquality::Basis::kSite ? &FeatureBuilder::Schema(pollutant_) : nullptr};
}

}  // namespace geoclimate::backtest
