#include "geoclimate/training/booster.h"

#include <gtest/gtest.h>

#include <cmath>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

using testing::SyntheticRows;

BoostOptions Small() {
  return {.min_rows_per_leaf = 10, .max_rounds = 200, .patience = 10};
}

BoosterMatrix MatrixOf(SyntheticRows& rows, const std::vector<float>& labels) {
  auto matrix = BoosterMatrix::Create(rows.View().schema, rows.features.values, 1);
  EXPECT_TRUE(matrix.ok());
  EXPECT_TRUE(matrix->SetLabels(labels).ok());
  return *std::move(matrix);
}

double Rmse(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
  }
  return std::sqrt(sum / static_cast<double>(a.size()));
}

TEST(Booster, LearnsWhatTheFeaturesSay) {
  SyntheticRows train({.seed = 1});
  SyntheticRows later({.seed = 2});
  const BoosterMatrix train_matrix = MatrixOf(train, train.targets);
  const BoosterMatrix later_matrix = MatrixOf(later, later.targets);
  const auto booster = Booster::TrainStoppingEarly(Small(), train_matrix, later_matrix);
  ASSERT_TRUE(booster.ok()) << booster.error().ToString();
  const auto scores = booster->Predict(later_matrix);
  ASSERT_TRUE(scores.ok());
  EXPECT_LT(Rmse(*scores, later.targets), 1.6);  // 5.1 around the mean, 1.0 of noise
}

TEST(Booster, StopsWhenLaterRowsNoLongerGetBetter) {
  SyntheticRows train({.seed = 1});
  SyntheticRows later({.seed = 2});
  // Nothing to learn: the first rounds are as good as it gets.
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  for (auto* targets : {&train.targets, &later.targets}) {
    for (float& target : *targets) target = normal(random);
  }
  const BoosterMatrix train_matrix = MatrixOf(train, train.targets);
  const BoosterMatrix later_matrix = MatrixOf(later, later.targets);
  const auto booster = Booster::TrainStoppingEarly(Small(), train_matrix, later_matrix);
  ASSERT_TRUE(booster.ok());
  EXPECT_GE(booster->rounds(), 1);
  EXPECT_LT(booster->rounds(), 40);
}

TEST(Booster, AFixedNumberOfRoundsGivesTheBytesOfTheEarlyStoppedFit) {
  SyntheticRows train({.seed = 1});
  SyntheticRows later({.seed = 2});
  const BoosterMatrix train_matrix = MatrixOf(train, train.targets);
  const BoosterMatrix later_matrix = MatrixOf(later, later.targets);
  const auto stopped = Booster::TrainStoppingEarly(Small(), train_matrix, later_matrix);
  ASSERT_TRUE(stopped.ok());
  BoostOptions fixed = Small();
  fixed.max_rounds = stopped->rounds();
  const auto exact = Booster::Train(fixed, train_matrix);
  ASSERT_TRUE(exact.ok());
  EXPECT_EQ(exact->rounds(), stopped->rounds());
  const auto exact_scores = exact->Predict(later_matrix);
  const auto stopped_scores = stopped->Predict(later_matrix);
  ASSERT_TRUE(exact_scores.ok() && stopped_scores.ok());
  EXPECT_EQ(*exact_scores, *stopped_scores);
  const auto exact_bytes = exact->Save();
  const auto stopped_bytes = stopped->Save();
  ASSERT_TRUE(exact_bytes.ok() && stopped_bytes.ok());
  EXPECT_EQ(*exact_bytes, *stopped_bytes);
}

TEST(Booster, HeavierRowsPullHarder) {
  SyntheticRows rows({.signal = 0, .noise = 0});
  for (std::size_t row = 0; row < rows.targets.size(); ++row) {
    rows.targets[row] = row % 2 == 0 ? 0.0f : 10.0f;
  }
  std::vector<float> weights;
  for (std::size_t row = 0; row < rows.targets.size(); ++row) {
    weights.push_back(row % 2 == 0 ? 1.0f : 4.0f);
  }
  BoosterMatrix matrix = MatrixOf(rows, rows.targets);
  ASSERT_TRUE(matrix.SetWeights(weights).ok());
  BoostOptions options = Small();
  options.max_rounds = 150;
  options.l2 = 0;
  options.min_rows_per_leaf = 2600;  // of the 3500 that a tree sees, by weight: one leaf, the mean
  const auto booster = Booster::Train(options, matrix);
  ASSERT_TRUE(booster.ok());
  const auto scores = booster->Predict(matrix);
  ASSERT_TRUE(scores.ok());
  double mean = 0;
  for (const float score : *scores) mean += double{score} / static_cast<double>(scores->size());
  EXPECT_NEAR(mean, 8, 0.05);
}

TEST(Booster, LabelsThatAreNotNumbersAreXgboostsToRefuse) {
  SyntheticRows rows;
  std::vector<float> labels = rows.targets;
  labels[3] = std::numeric_limits<float>::quiet_NaN();
  auto matrix = BoosterMatrix::Create(rows.View().schema, rows.features.values, 1);
  ASSERT_TRUE(matrix.ok());
  const auto set = matrix->SetLabels(labels);
  ASSERT_FALSE(set.ok());
  EXPECT_EQ(set.error().code(), base::ErrorCode::kInternal);
}

}  // namespace
}  // namespace geoclimate::training
