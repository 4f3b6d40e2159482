#include "geoclimate/backtest/pollutant_rows.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "geoclimate/base/check.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/recency.h"

namespace geoclimate::backtest {
namespace {

using features::RowKey;

bool HasTruth(const features::SiteHistory& history, airquality::Pollutant pollutant,
              const RowKey& key, std::span<const int> horizons) {
  return std::ranges::any_of(horizons, [&](int horizon) {
    return std::isfinite(
        history.Get(pollutant, key.site).At(key.issue_day + std::chrono::days(horizon)));
  });
}

}  // namespace

PollutantRows::Range PollutantRows::IssuedBetween(base::LocalDay first, base::LocalDay last) const {
  const auto begin = std::ranges::lower_bound(keys.keys, first, {}, &RowKey::issue_day);
  const auto end = std::ranges::upper_bound(begin, keys.keys.end(), last, {}, &RowKey::issue_day);
  return {static_cast<std::size_t>(begin - keys.keys.begin()),
          static_cast<std::size_t>(end - keys.keys.begin())};
}

std::span<const float> PollutantRows::Features(Range range) const {
  return std::span(features.values)
      .subspan(range.begin * features.columns, range.size() * features.columns);
}

PollutantRows BuildPollutantRows(const features::SiteHistory& history,
                                 const features::FeatureBuilder& builder,
                                 airquality::Pollutant pollutant, const BacktestOptions& options) {
  const base::LocalDay first = std::min(forecast::FirstTrainingDay(pollutant), options.from);
  const forecast::IssueKeys found =
      forecast::FindIssueKeys(history, pollutant, {first, options.to}, forecast::kRecent);
  PollutantRows rows{.pollutant = pollutant, .keys = {}, .features = {}};
  for (std::size_t i = 0; i < found.keys.size(); ++i) {
    if (found.keys[i].issue_day < options.from &&
        !HasTruth(history, pollutant, found.keys[i], options.horizons)) {
      continue;
    }
    rows.keys.keys.push_back(found.keys[i]);
    rows.keys.last_observed.push_back(found.last_observed[i]);
  }
  rows.features = forecast::BuildIssueRows(builder, pollutant, rows.keys, options.threads);
  return rows;
}

std::size_t PastTasks::CountBefore(const PollutantRows& all, base::LocalDay origin) const {
  const base::LocalDay issued_before = origin - std::chrono::days(horizon_days);
  const auto end = std::ranges::lower_bound(
      rows, issued_before, {}, [&](std::size_t row) { return all.keys.keys[row].issue_day; });
  return static_cast<std::size_t>(end - rows.begin());
}

PastTasks FindPastTasks(const features::SiteHistory& history, const PollutantRows& rows,
                        int horizon_days) {
  PastTasks tasks{.horizon_days = horizon_days, .rows = {}, .targets = {}, .baselines = {}};
  const std::vector<RowKey>& keys = rows.keys.keys;
  if (keys.empty()) return tasks;
  forecast::PastRows past =
      forecast::FindPastRows(history, rows.pollutant, horizon_days,
                             {forecast::FirstTrainingDay(rows.pollutant), keys.back().issue_day});
  std::size_t row = 0;
  for (const RowKey& key : past.keys) {
    while (row < keys.size() && keys[row] != key) ++row;
    GC_CHECK(row < keys.size(), "every measured row is one of the backtest's, in the same order");
    tasks.rows.push_back(row);
  }
  tasks.baselines = forecast::Baselines(history, rows.pollutant, std::array{horizon_days})
                        .Columns(past.keys, horizon_days);
  tasks.targets = std::move(past.targets);
  return tasks;
}

TrainingSet::TrainingSet(const PollutantRows& all, const PastTasks& tasks, std::size_t count)
    : pollutant_(all.pollutant),
      horizon_days_(tasks.horizon_days),
      targets_(std::span(tasks.targets).first(count)),
      reference_columns_{features::FeatureBuilder::Mean30Name(all.pollutant),
                         features::FeatureBuilder::ExpandingMeanName(all.pollutant)} {
  features_.rows = count;
  features_.columns = all.features.columns;
  features_.values.reserve(count * features_.columns);
  issue_days_.reserve(count);
  for (const std::size_t row : std::span(tasks.rows).first(count)) {
    const std::span<const float> values = all.features.Row(row);
    features_.values.insert(features_.values.end(), values.begin(), values.end());
    issue_days_.push_back(all.keys.keys[row].issue_day);
  }
  for (const forecast::Baseline baseline : forecast::kBaselines) {
    const std::vector<float>& column = tasks.baselines[static_cast<std::size_t>(baseline)];
    baselines_.push_back({.name = std::string(forecast::BaselineName(baseline)),
                          .values = std::span(column).first(count)});
  }
}

training::TrainingRows TrainingSet::View() const {
  return {.pollutant = pollutant_,
          .horizon_days = horizon_days_,
          .schema = features::FeatureBuilder::Schema(pollutant_),
          .features = features_,
          .issue_days = issue_days_,
          .targets = targets_,
          .baselines = baselines_,
          .last_column = features::FeatureBuilder::LastValueName(pollutant_),
          .reference_columns = reference_columns_};
}

}  // namespace geoclimate::backtest
