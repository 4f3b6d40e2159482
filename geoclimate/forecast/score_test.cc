#include "geoclimate/forecast/score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "geoclimate/forecast/testing/judged.h"

namespace geoclimate::forecast {
namespace {

using testing::Judged;
using testing::kNotGiven;

ScoreSums SumsOf(std::span<const JudgedForecast> judged, const ScoreRules& rules = {}) {
  ScoreSums sums;
  for (const JudgedForecast& row : judged) sums.Add(row, rules);
  return sums;
}
Score ScoreOf(std::span<const JudgedForecast> judged, const ScoreRules& rules = {}) {
  const ScoreSums sums = SumsOf(judged, rules);
  return Summarize(sums, BestBaseline(sums));
}
Score ScoreOf(const JudgedForecast& judged) {
  return ScoreOf({&judged, 1});
}

TEST(Score, ErrorsAndSkillOfAHandMadeSet) {
  // Errors 1, -2, 3; the baselines' -1, 2, -5 but for the 30-day mean, which is right by 1 always.
  std::vector<JudgedForecast> judged = {Judged(11, 10, 9), Judged(18, 20, 22), Judged(33, 30, 25)};
  for (JudgedForecast& row : judged) row.baselines[2] = row.observed + 1;
  const Score score = ScoreOf(judged);
  EXPECT_EQ(score.rows, 3);
  EXPECT_DOUBLE_EQ(score.forecast.rmse, std::sqrt(14.0 / 3));
  EXPECT_DOUBLE_EQ(score.forecast.mae, 2);
  EXPECT_DOUBLE_EQ(score.forecast.bias, 2.0 / 3);
  EXPECT_DOUBLE_EQ(score.baselines[0].rmse, std::sqrt(10.0));
  EXPECT_EQ(BestBaseline(SumsOf(judged)), Baseline::kMean30);
  EXPECT_DOUBLE_EQ(score.skill, 1 - 14.0 / 3);
  EXPECT_TRUE(std::isnan(score.coverage));
  EXPECT_TRUE(std::isnan(score.crps));
  EXPECT_TRUE(std::isnan(score.crps_skill));
  EXPECT_TRUE(std::isnan(score.brier));
}

TEST(Score, AlertsAreAqiOver100OfTheMedian) {
  // PM2.5 by epa-2024: 35.4 is 100, 35.5 is 101.
  std::vector<JudgedForecast> judged = {Judged(35.4F, 35.5F, 40), Judged(36, 60, 20),
                                        Judged(36, 35.49F, 10), Judged(5, 6, 36)};
  judged[1].forecast.mean = 10;
  const Score score = ScoreOf(judged);
  EXPECT_EQ(score.events, 2);
  EXPECT_DOUBLE_EQ(score.forecast.pod, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.far, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.csi, 1.0 / 3);
  EXPECT_DOUBLE_EQ(score.baselines[0].pod, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.baselines[0].far, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.category_hit_rate, 1.0 / 4);

  const Score calm = ScoreOf(Judged(5, 6, 7));
  EXPECT_TRUE(std::isnan(calm.forecast.pod));
  EXPECT_TRUE(std::isnan(calm.forecast.far));
  EXPECT_TRUE(std::isnan(calm.forecast.csi));
}

TEST(Score, EachAlertRuleIsHeldAgainstPersistenceOnItsOwnRows) {
  std::vector<JudgedForecast> judged = {Judged(30, 50, 50), Judged(30, 50, 10), Judged(30, 10, 50),
                                        Judged(30, 10, 10)};
  judged[0].forecast.p90 = 40;
  judged[1].forecast.p90 = 40;
  judged[2].forecast.p90 = 34;
  judged[0].forecast.probability_over_100 = 0.3F;
  judged[1].forecast.probability_over_100 = 0.2F;
  judged[2].forecast.probability_over_100 = 0.3F;
  judged[3].forecast.probability_over_100 = 0.1F;
  const Score score = ScoreOf(judged, {.alert_threshold = 0.3});
  const auto alert = [&](AlertRule rule) { return score.alerts[static_cast<std::size_t>(rule)]; };
  EXPECT_EQ(alert(AlertRule::kMedian).csi, 0);
  EXPECT_DOUBLE_EQ(alert(AlertRule::kMedian).csi_gain, -1.0 / 3);
  // The row without a p90 does not count, for persistence neither.
  EXPECT_EQ(alert(AlertRule::kUpper).pod, 1);
  EXPECT_EQ(alert(AlertRule::kUpper).far, 0);
  EXPECT_DOUBLE_EQ(alert(AlertRule::kUpper).csi_gain, 1 - 1.0 / 3);
  // At 0.3 and more, as the file writes it.
  EXPECT_DOUBLE_EQ(alert(AlertRule::kProbability).pod, 0.5);
  EXPECT_DOUBLE_EQ(alert(AlertRule::kProbability).far, 0.5);
  EXPECT_DOUBLE_EQ(alert(AlertRule::kProbability).csi_gain, 0);
}

TEST(Score, IntervalsAndQuantiles) {
  std::vector<JudgedForecast> judged = {Judged(10, 12, 9), Judged(10, 15, 9), Judged(10, 40, 9)};
  for (JudgedForecast& row : judged) {
    row.forecast.p10 = 8;
    row.forecast.p90 = 15;
  }
  judged[0].dressed_crps.fill(2);
  judged[1].dressed_crps.fill(6);
  const Score score = ScoreOf(judged);
  EXPECT_DOUBLE_EQ(score.coverage, 2.0 / 3) << "the ends belong to the interval";
  EXPECT_DOUBLE_EQ(score.width, 7);
  EXPECT_DOUBLE_EQ(score.interval_score, 7 + 10 * 25.0 / 3);
  const auto crps = [](double y) {
    return 2 * (0.3 * 0.1 * (y - 8) + 0.4 * 0.5 * (y - 10) +
                0.3 * (y > 15 ? 0.9 * (y - 15) : 0.1 * (15 - y)));
  };
  EXPECT_NEAR(score.crps, (crps(12) + crps(15) + crps(40)) / 3, 1e-9);
  EXPECT_NEAR(score.crps_dressed, 4, 1e-9);
  EXPECT_NEAR(score.crps_skill, 1 - (crps(12) + crps(15)) / 8, 1e-9)
      << "without enough past errors a row has no rival";
  EXPECT_DOUBLE_EQ(score.pit[2], 1.5 / 3);
  EXPECT_DOUBLE_EQ(score.pit[3], 1.5 / 3);
}

TEST(Score, ProbabilitiesAreHeldAgainstPersistenceAndTheBaseRate) {
  // Said 0.8, came, today too; said 0.8, did not, today did; said 0.1, did not; nothing said.
  std::vector<JudgedForecast> judged = {Judged(30, 50, 50), Judged(30, 10, 50), Judged(30, 10, 10),
                                        Judged(30, 50, 10)};
  judged[0].forecast.probability_over_100 = judged[1].forecast.probability_over_100 = 0.8F;
  judged[2].forecast.probability_over_100 = 0.1F;
  const Score score = ScoreOf(judged);
  EXPECT_NEAR(score.brier, (0.04 + 0.64 + 0.01) / 3, 1e-7);
  EXPECT_DOUBLE_EQ(score.brier_persistence, 1.0 / 3);
  EXPECT_DOUBLE_EQ(score.brier_base_rate, 2.0 / 9);
  EXPECT_NEAR(score.brier_skill, 1 - 0.69, 1e-6);
  EXPECT_NEAR(score.brier_skill_base_rate, 1 - 0.23 * 9 / 2, 1e-6);
  EXPECT_EQ(score.reliability[8].rows, 2);
  EXPECT_NEAR(score.reliability[8].probability, 0.8, 1e-7);
  EXPECT_EQ(score.reliability[8].observed, 0.5);
  EXPECT_EQ(score.reliability[1].rows, 1);
  EXPECT_EQ(score.reliability[0].rows, 0);
  EXPECT_TRUE(std::isnan(score.reliability[0].observed));
}

TEST(Score, ABinOfProbabilitiesBeginsWithItsLowerEdge) {
  for (int tenth = 0; tenth <= 10; ++tenth) {
    JudgedForecast row = Judged(5, 5, 5);
    row.forecast.probability_over_100 = static_cast<float>(tenth) / 10;
    const Score score = ScoreOf(row);
    EXPECT_EQ(score.reliability[static_cast<std::size_t>(std::min(tenth, 9))].rows, 1) << tenth;
  }
}

TEST(Score, AMeanOrAMedianAloneIsEnough) {
  JudgedForecast mean_only = Judged(10, 12, 9);
  mean_only.forecast.p50 = kNotGiven;
  JudgedForecast median_only = Judged(10, 12, 9);
  median_only.forecast.mean = kNotGiven;
  for (const JudgedForecast& row : {mean_only, median_only}) {
    EXPECT_DOUBLE_EQ(ScoreOf(row).forecast.bias, -2);
    EXPECT_EQ(ScoreOf(row).forecast.aqi_mae, ScoreOf(Judged(10, 12, 9)).forecast.aqi_mae);
  }
}

TEST(Score, SkillCountsOnlyTheRowsThatGiveAPoint) {
  std::vector<JudgedForecast> judged = {Judged(11, 10, 12), Judged(0, 10, 40)};
  judged[1].forecast.mean = judged[1].forecast.p50 = kNotGiven;
  judged[1].forecast.probability_over_100 = 0;
  const Score score = ScoreOf(judged);
  EXPECT_EQ(score.rows, 2);
  EXPECT_DOUBLE_EQ(score.forecast.rmse, 1);
  EXPECT_DOUBLE_EQ(score.skill, 1 - 1.0 / 4);
  EXPECT_DOUBLE_EQ(score.baselines[0].rmse, std::sqrt((4.0 + 900) / 2));
}

TEST(Score, APerfectForecastCannotBeBeaten) {
  std::mt19937_64 random(11);
  std::vector<JudgedForecast> judged;
  for (int i = 0; i < 300; ++i) {
    const float observed = static_cast<float>(random() % 700) / 10;
    JudgedForecast row = Judged(observed, observed, static_cast<float>(random() % 700) / 10);
    row.forecast.p10 = row.forecast.p90 = observed;
    row.forecast.probability_over_100 = observed >= 35.5F ? 1 : 0;
    row.dressed_crps.fill(1);
    judged.push_back(row);
  }
  const Score score = ScoreOf(judged);
  EXPECT_EQ(score.skill, 1);
  EXPECT_EQ(score.crps_skill, 1);
  EXPECT_EQ(score.brier_skill, 1);
  EXPECT_EQ(score.coverage, 1);
  EXPECT_EQ(score.interval_score, 0);
  EXPECT_EQ(score.forecast.aqi_mae, 0);
  EXPECT_EQ(score.forecast.category_hit_rate, 1);
  for (const AlertScore& alert : score.alerts) {
    EXPECT_EQ(alert.csi, 1);
    EXPECT_EQ(alert.far, 0);
    EXPECT_GT(alert.csi_gain, 0);
  }
}

TEST(Score, SumsOfPartsAddUpToTheSumsOfTheWhole) {
  std::mt19937_64 random(17);
  ScoreSums whole;
  ScoreSums first;
  ScoreSums second;
  for (int i = 0; i < 200; ++i) {
    // Values whose sums are exact, so that the parts cannot differ by rounding.
    const auto value = [&] { return static_cast<float>(random() % 64); };
    JudgedForecast row = Judged(value(), value(), value());
    row.forecast.p10 = 4;
    row.forecast.p50 = 32;
    row.forecast.p90 = 40 + value();
    row.forecast.probability_over_100 = static_cast<float>(random() % 9) / 8;
    row.dressed_crps.fill(value());
    whole.Add(row, {});
    (i < 75 ? first : second).Add(row, {});
  }
  first += second;
  const auto expected = ToDoubles(whole);
  const auto added = ToDoubles(first);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(added[i], expected[i], 1e-9) << i;
}

}  // namespace
}  // namespace geoclimate::forecast
