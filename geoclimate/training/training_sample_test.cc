#include "geoclimate/training/training_sample.h"

#include <gtest/gtest.h>

#include <numeric>

#include "geoclimate/training/fit.h"
#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

using testing::SyntheticRows;

TEST(TrainingSample, HoldsEveryFeatureAndWhatTheModelSaysOfTheRows) {
  SyntheticRows rows;
  TrainingOptions options;
  options.boost.max_rounds = 20;
  options.boost.min_rows_per_leaf = 20;
  const auto trained = Fit(options, rows.View());
  ASSERT_TRUE(trained.ok()) << trained.error().ToString();
  const TrainingRows view = rows.View();
  const model::TrainingSample sample = SampleOf(view, trained->model);
  ASSERT_TRUE(sample.Validate(view.schema.size()).ok());
  ASSERT_EQ(sample.features.size(), view.schema.size());
  for (const model::SampleColumn& column : sample.features) {
    EXPECT_GT(column.bins(), 0U);
    EXPECT_EQ(std::accumulate(column.counts.begin(), column.counts.end(), std::size_t{0}),
              view.features.rows);
  }
  // About a tenth of the predictions in each bin, over the year.
  const std::size_t bins = sample.prediction.bins();
  ASSERT_EQ(bins, 11U);
  for (std::size_t bin = 0; bin + 1 < bins; ++bin) {
    std::size_t rows_in_bin = 0;
    for (std::size_t month = 0; month < model::kMonths; ++month) {
      rows_in_bin += sample.prediction.counts[month * bins + bin];
    }
    EXPECT_NEAR(static_cast<double>(rows_in_bin) / static_cast<double>(view.features.rows), 0.1,
                0.01);
  }
  // The rows are no drift from themselves, but for the halves that are added in each month.
  EXPECT_LT(model::PopulationStability(sample.prediction, sample.prediction.counts), 0.01);
  EXPECT_EQ(SampleOf(view, trained->model), sample);
}

}  // namespace
}  // namespace geoclimate::training
