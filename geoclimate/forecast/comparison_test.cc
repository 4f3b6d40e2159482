#include "geoclimate/forecast/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "geoclimate/forecast/testing/judged.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using std::chrono::days;
using testing::Judged;
using testing::kNotGiven;

TEST(Comparison, OnlyRowsThatBothHaveCount) {
  std::vector<JudgedForecast> judged;
  std::vector<IssuedForecast> others;
  for (int i = 0; i < 4; ++i) {
    judged.push_back(Judged(12, 10, 0));
    judged.back().forecast.issue_day += days(i);
    others.push_back(judged.back().forecast);
    others.back().mean = 14;
  }
  judged.pop_back();
  others.erase(others.begin());
  others[0].mean = others[0].p50 = kNotGiven;
  const std::vector<ComparedGroup> groups = Compare(judged, others, {});
  ASSERT_EQ(groups.size(), 1u);
  const ComparisonScore& score = groups[0].score;
  EXPECT_EQ(score.rows, 1);
  EXPECT_DOUBLE_EQ(score.mse, 4);
  EXPECT_DOUBLE_EQ(score.other_mse, 16);
  EXPECT_DOUBLE_EQ(score.mse_difference, -12);
  EXPECT_DOUBLE_EQ(score.mse_skill, 0.75);
  EXPECT_TRUE(std::isnan(score.crps));
  EXPECT_TRUE(std::isnan(score.brier));
  EXPECT_TRUE(std::isnan(groups[0].low.mse_skill)) << "one week";
  EXPECT_TRUE(Compare(judged, {}, {}).empty());
}

TEST(Comparison, ASmallButSteadyGainShowsThroughLargeCommonErrors) {
  // Both miss by tens, alike; the other one by 2 % more, every day.
  std::mt19937_64 random(4);
  std::vector<JudgedForecast> judged;
  std::vector<IssuedForecast> others;
  for (int i = 0; i < 300; ++i) {
    const float error = static_cast<float>(random() % 60);
    JudgedForecast row = Judged(10 + error, 10, 0);
    row.forecast.issue_day += days(i);
    row.forecast.horizon_days = 1 + i % 2;
    row.forecast.p10 = row.forecast.p90 = row.forecast.p50;
    row.forecast.probability_over_100 = 0.5F;
    judged.push_back(row);
    IssuedForecast other = row.forecast;
    other.mean = other.p10 = other.p50 = other.p90 = 10 + 1.02F * error;
    other.probability_over_100 = 0.6F;
    others.push_back(other);
  }
  const std::vector<ComparedGroup> groups = Compare(judged, others, {});
  ASSERT_EQ(groups.size(), 2u);
  for (const ComparedGroup& group : groups) {
    EXPECT_NEAR(group.score.mse_skill, 1 - 1 / (1.02 * 1.02), 1e-4);
    EXPECT_GT(group.low.mse_skill, 0.038);
    EXPECT_LT(group.high.mse_skill, 0.040);
    EXPECT_LT(group.high.mse_difference, 0);
    EXPECT_NEAR(group.score.crps_skill, 1 - 1 / 1.02, 1e-4);
    EXPECT_LT(group.high.crps_difference, 0);
    EXPECT_NEAR(group.score.brier_difference, 0.25 - 0.36, 1e-6);
  }
}

}  // namespace
}  // namespace geoclimate::forecast
