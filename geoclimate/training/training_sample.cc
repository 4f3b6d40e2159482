#include "geoclimate/training/training_sample.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/features/calendar_features.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::training {
namespace {

// Enough that a share of a bin and month is known to a percent or two.
constexpr std::size_t kMostRows = 20'000;

float ScoreOf(const model::TreeEnsemble& trees, std::span<const float> row) {
  double sum = trees.base_scores[0];
  for (const model::Tree& tree : trees.trees) sum += model::FindLeaf(tree, row).value;
  return static_cast<float>(sum);
}

std::vector<float> Means(const model::Forecaster& forecaster, const TrainingRows& rows,
                         std::span<const std::size_t> sampled) {
  const model::Combiner combiner(forecaster);
  const model::Spread& spread = forecaster.calibration.spread;
  std::vector<float> scores(forecaster.members.size() + (spread.has_trees() ? 1 : 0));
  std::vector<float> means;
  means.reserve(sampled.size());
  for (const std::size_t i : sampled) {
    const std::span<const float> row = rows.features.Row(i).first(forecaster.schema.size());
    for (std::size_t m = 0; m < forecaster.members.size(); ++m) {
      scores[m] = ScoreOf(forecaster.members[m].trees, row);
    }
    if (spread.has_trees()) scores.back() = ScoreOf(spread.trees, row);
    means.push_back(combiner.Combine(row, scores).mean);
  }
  return means;
}

}  // namespace

model::TrainingSample SampleOf(const TrainingRows& rows, const model::Forecaster& forecaster) {
  const std::size_t step = std::max<std::size_t>(1, rows.features.rows / kMostRows);
  std::vector<std::size_t> sampled;
  std::vector<std::uint8_t> months;
  for (std::size_t i = 0; i < rows.features.rows; i += step) {
    sampled.push_back(i);
    const std::chrono::year_month_day day(rows.issue_days[i]);
    months.push_back(static_cast<std::uint8_t>(static_cast<unsigned>(day.month()) - 1));
  }
  model::TrainingSample sample;
  std::vector<float> values(sampled.size());
  for (std::size_t column = 0; column < forecaster.schema.size(); ++column) {
    if (features::IsCalendarColumn(forecaster.schema.features()[column].name)) {
      sample.features.emplace_back();
      continue;
    }
    std::ranges::transform(sampled, values.begin(),
                           [&](std::size_t row) { return rows.features.Row(row)[column]; });
    sample.features.push_back(model::MakeSampleColumn(values, months));
  }
  sample.prediction = model::MakeSampleColumn(Means(forecaster, rows, sampled), months);
  return sample;
}

}  // namespace geoclimate::training
