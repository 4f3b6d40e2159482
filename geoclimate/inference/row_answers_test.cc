#include "geoclimate/inference/row_answers.h"

#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/stump.h"

namespace geoclimate::inference {
namespace {

TEST(RowAnswers, OfATreeModelAreItsOutputs) {
  const auto model = Stump();
  ASSERT_EQ(AnswerColumns(*model), 1U);
  const std::vector<float> rows = {2, 3, -1};
  std::vector<float> answers(3);
  ASSERT_TRUE(AnswerRows(*model, rows, 3, answers).ok());
  EXPECT_EQ(answers, (std::vector<float>{1, 2, 1}));
}

TEST(RowAnswers, OfAForecasterAreItsMeanAndQuantiles) {
  model::Forecaster forecaster;
  forecaster.schema = features::FeatureSchema(
      {{.name = "last", .unit = "ug/m3"}, {.name = "mean30", .unit = "ug/m3"}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "mean30", .rho = 0.5};
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  const auto loaded = LoadedModel::FromForecaster({}, forecaster);
  ASSERT_TRUE(loaded.ok());
  ASSERT_EQ(AnswerColumns(**loaded), 4U);
  constexpr std::size_t kRows = 150;  // more than one block
  std::vector<float> rows;
  rows.reserve(2 * kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    rows.push_back(20 + static_cast<float>(i));
    rows.push_back(10);
  }
  std::vector<float> answers(kRows * 4);
  std::vector<model::Distribution> expected(kRows);
  ASSERT_TRUE(AnswerRows(**loaded, rows, kRows, answers).ok());
  ASSERT_TRUE((*loaded)->PredictDistributions(rows, kRows, expected).ok());
  for (std::size_t i = 0; i < kRows; ++i) {
    EXPECT_EQ(answers[i * 4 + kMeanColumn], expected[i].mean);
    EXPECT_EQ(answers[i * 4 + kP10Column], expected[i].quantiles[model::kP10]);
    EXPECT_EQ(answers[i * 4 + kP50Column], expected[i].quantiles[model::kP50]);
    EXPECT_EQ(answers[i * 4 + kP90Column], expected[i].quantiles[model::kP90]);
  }
}

}  // namespace
}  // namespace geoclimate::inference
