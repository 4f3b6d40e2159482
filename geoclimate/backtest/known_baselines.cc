#include "geoclimate/backtest/known_baselines.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/feature_columns.h"

namespace geoclimate::backtest {
namespace {

using forecast::Baseline;

// reference + rho (last - reference), rho by least squares over what was added.
class Damping {
 public:
  void Add(float last, float reference, float observed) {
    const double x = double{last} - double{reference};
    xy_ += x * (double{observed} - double{reference});
    xx_ += x * x;
  }
  float At(float last, float reference) const {
    const double rho = xx_ > 0 ? std::clamp(xy_ / xx_, 0.0, 1.0) : 0.0;
    return static_cast<float>(double{reference} + rho * (double{last} - double{reference}));
  }

 private:
  double xy_ = 0;
  double xx_ = 0;
};

float Or(float value, float otherwise) {
  return std::isnan(value) ? otherwise : value;
}

}  // namespace

forecast::BaselineColumns KnownBaselines(const Knowledge& knowledge, const PollutantRows& rows,
                                         std::span<const std::size_t> tasks, int horizon_days) {
  const auto column = [&](std::string_view name) {
    const int at = features::FeatureBuilder::Schema(rows.pollutant).Find(name);
    return static_cast<std::size_t>(at);
  };
  const std::size_t last_at = column(features::FeatureBuilder::LastValueName(rows.pollutant));
  const std::size_t mean7_at = column(features::ConcentrationName(rows.pollutant, "mean7"));
  const std::size_t mean30_at = column(features::FeatureBuilder::Mean30Name(rows.pollutant));
  const std::size_t mean_at = column(features::FeatureBuilder::ExpandingMeanName(rows.pollutant));
  const std::size_t season_at = column(features::ConcentrationName(rows.pollutant, "season"));
  const std::chrono::days wait = std::chrono::days(horizon_days) + knowledge.longest_wait();

  forecast::BaselineColumns columns;
  Damping around_mean30;
  Damping around_mean;
  std::size_t learnt = 0;
  for (const std::size_t task : tasks) {
    const features::RowKey& key = rows.keys.keys[task];
    for (; rows.keys.keys[tasks[learnt]].issue_day + wait < key.issue_day; ++learnt) {
      const features::RowKey& past = rows.keys.keys[tasks[learnt]];
      const std::span<const float> row = rows.features.Row(tasks[learnt]);
      const float observed = knowledge.truth()
                                 .Get(rows.pollutant, past.site)
                                 .At(past.issue_day + std::chrono::days(horizon_days));
      around_mean30.Add(row[last_at], Or(row[mean30_at], row[last_at]), observed);
      around_mean.Add(row[last_at], row[mean_at], observed);
    }
    const std::span<const float> row = rows.features.Row(task);
    const float last = row[last_at];
    const auto add = [&](Baseline baseline, float value) {
      columns[static_cast<std::size_t>(baseline)].push_back(value);
    };
    add(Baseline::kPersistence, last);
    add(Baseline::kMean7, Or(row[mean7_at], last));
    add(Baseline::kMean30, Or(row[mean30_at], last));
    add(Baseline::kDampedMean30, around_mean30.At(last, Or(row[mean30_at], last)));
    add(Baseline::kDampedExpandingMean, around_mean.At(last, row[mean_at]));
    add(Baseline::kClimatology, Or(row[season_at], row[mean_at]));
  }
  return columns;
}

}  // namespace geoclimate::backtest
