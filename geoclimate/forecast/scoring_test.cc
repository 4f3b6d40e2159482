#include "geoclimate/forecast/scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "geoclimate/features/testing/synthetic_history.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using features::SiteHistory;
using std::chrono::days;

constexpr float kNotGiven = std::numeric_limits<float>::quiet_NaN();
constexpr SiteId kSite = SiteId::FromParts(1, 1, 1);

JudgedForecast Judged(float mean, float observed, float baseline) {
  JudgedForecast judged;
  judged.forecast.site = kSite;
  judged.forecast.mean = judged.forecast.p50 = mean;
  judged.forecast.p10 = judged.forecast.p90 = judged.forecast.probability_over_100 = kNotGiven;
  judged.observed = observed;
  judged.baselines.fill(baseline);
  return judged;
}

TEST(Scoring, ErrorsAndSkillOfAHandMadeSet) {
  // Errors 1, -2, 3; the baselines' -1, 2, -5 but for the 30-day mean, which is right by 1 always.
  std::vector<JudgedForecast> judged = {Judged(11, 10, 9), Judged(18, 20, 22), Judged(33, 30, 25)};
  for (JudgedForecast& row : judged) row.baselines[2] = row.observed + 1;
  const std::vector<ScoredGroup> groups = ScoreForecasts(judged);
  ASSERT_EQ(groups.size(), 1u);
  const Score& score = groups[0].score;
  EXPECT_EQ(score.rows, 3u);
  EXPECT_DOUBLE_EQ(score.forecast.rmse, std::sqrt(14.0 / 3));
  EXPECT_DOUBLE_EQ(score.forecast.mae, 2);
  EXPECT_DOUBLE_EQ(score.forecast.bias, 2.0 / 3);
  EXPECT_DOUBLE_EQ(score.baselines[0].rmse, std::sqrt(10.0));
  EXPECT_EQ(score.best, Baseline::kMean30);
  EXPECT_DOUBLE_EQ(score.skill, 1 - 14.0 / 3);
  EXPECT_TRUE(std::isnan(score.coverage));
  EXPECT_TRUE(std::isnan(score.crps));
  EXPECT_TRUE(std::isnan(score.brier));
}

TEST(Scoring, AlertsAreAqiOver100OfTheMedian) {
  // PM2.5 by epa-2024: 35.4 is 100, 35.5 is 101.
  std::vector<JudgedForecast> judged = {Judged(35.4F, 35.5F, 40), Judged(36, 60, 20),
                                        Judged(36, 35.49F, 10), Judged(5, 6, 36)};
  judged[1].forecast.mean = 10;
  const Score score = ScoreForecasts(judged)[0].score;
  EXPECT_EQ(score.events, 2u);
  EXPECT_DOUBLE_EQ(score.forecast.pod, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.far, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.csi, 1.0 / 3);
  EXPECT_DOUBLE_EQ(score.baselines[0].pod, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.baselines[0].far, 1.0 / 2);
  EXPECT_DOUBLE_EQ(score.forecast.category_hit_rate, 1.0 / 4);

  const Score calm = ScoreForecasts(std::vector{Judged(5, 6, 7)})[0].score;
  EXPECT_TRUE(std::isnan(calm.forecast.pod));
  EXPECT_TRUE(std::isnan(calm.forecast.far));
  EXPECT_TRUE(std::isnan(calm.forecast.csi));
}

TEST(Scoring, IntervalsQuantilesAndProbabilities) {
  std::vector<JudgedForecast> judged = {Judged(10, 12, 9), Judged(10, 15, 9), Judged(10, 40, 9)};
  for (JudgedForecast& row : judged) {
    row.forecast.p10 = 8;
    row.forecast.p90 = 15;
    row.forecast.probability_over_100 = 0.2F;
  }
  judged[0].forecast.probability_over_100 = kNotGiven;
  const Score score = ScoreForecasts(judged)[0].score;
  EXPECT_DOUBLE_EQ(score.coverage, 2.0 / 3) << "the ends belong to the interval";
  EXPECT_DOUBLE_EQ(score.width, 7);
  EXPECT_NEAR(score.brier, (0.04 + 0.64) / 2, 1e-7);
  const auto crps = [](double y) {
    return 2 * (0.3 * 0.1 * (y - 8) + 0.4 * 0.5 * (y - 10) +
                0.3 * (y > 15 ? 0.9 * (y - 15) : 0.1 * (15 - y)));
  };
  EXPECT_NEAR(score.crps, (crps(12) + crps(15) + crps(40)) / 3, 1e-9);
}

TEST(Scoring, AMeanOrAMedianAloneIsEnough) {
  JudgedForecast mean_only = Judged(10, 12, 9);
  mean_only.forecast.p50 = kNotGiven;
  JudgedForecast median_only = Judged(10, 12, 9);
  median_only.forecast.mean = kNotGiven;
  for (const JudgedForecast& row : {mean_only, median_only}) {
    const Score score = ScoreForecasts({&row, 1})[0].score;
    EXPECT_DOUBLE_EQ(score.forecast.bias, -2);
    EXPECT_EQ(score.forecast.aqi_mae,
              ScoreForecasts(std::vector{Judged(10, 12, 9)})[0].score.forecast.aqi_mae);
  }
}

TEST(Scoring, CrpsOfASinglePointIsItsDistance) {
  const std::vector<double> levels = {0.05, 0.1, 0.3, 0.5, 0.8, 0.9};
  const std::vector<float> quantiles(levels.size(), 7.0F);
  // The shares are not symmetric, so above and below differ, but each is a mean of the levels.
  const std::vector<double> symmetric = {0.1, 0.5, 0.9};
  EXPECT_NEAR(CrpsFromQuantiles(symmetric, std::vector<float>(3, 7.0F), 10), 3, 1e-12);
  EXPECT_NEAR(CrpsFromQuantiles(symmetric, std::vector<float>(3, 7.0F), 5), 2, 1e-12);
  EXPECT_NEAR(
      CrpsFromQuantiles(levels, quantiles, 10) / 3 + CrpsFromQuantiles(levels, quantiles, 4) / 3, 2,
      1e-12);
}

TEST(Scoring, CrpsOfManyNormalQuantilesComesNearTheClosedForm) {
  // The standard normal's quantiles by bisection; CRPS(0) = sqrt(2)/sqrt(pi)... = 0.23370 (Gneiting
  // et al. 2005, eq. 5).
  std::vector<double> levels;
  std::vector<float> quantiles;
  for (int i = 0; i < 400; ++i) {
    levels.push_back((i + 0.5) / 400);
    double low = -10;
    double high = 10;
    while (high - low > 1e-9) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < levels.back() ? low : high) = middle;
    }
    quantiles.push_back(static_cast<float>(low));
  }
  EXPECT_NEAR(CrpsFromQuantiles(levels, quantiles, 0), 0.2337, 5e-4);
  EXPECT_NEAR(CrpsFromQuantiles(levels, quantiles, 1.5), 1.5 * 0.866386 + 2 * 0.129518 - 0.564190,
              5e-4);
}

TEST(Scoring, TheOrderOfTheRowsDoesNotMatterByABit) {
  std::mt19937_64 random(3);
  std::vector<JudgedForecast> judged;
  for (int i = 0; i < 500; ++i) {
    JudgedForecast row =
        Judged(static_cast<float>(random() % 1000) / 7, static_cast<float>(random() % 1000) / 11,
               static_cast<float>(random() % 1000) / 13);
    row.forecast.pollutant = i % 3 == 0 ? Pollutant::kO3 : Pollutant::kPm25;
    row.forecast.horizon_days = 1 + i % 2;
    row.forecast.issue_day = MakeDay(2020, 1, 1) + days(i);
    judged.push_back(row);
  }
  const std::vector<ScoredGroup> expected = ScoreForecasts(judged);
  ASSERT_EQ(expected.size(), 4u);
  EXPECT_EQ(expected[0].pollutant, Pollutant::kPm25);
  EXPECT_EQ(expected[1].horizon_days, 2);
  std::shuffle(judged.begin(), judged.end(), random);
  const std::vector<ScoredGroup> shuffled = ScoreForecasts(judged);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(expected[i].score.forecast.rmse, shuffled[i].score.forecast.rmse);
    EXPECT_EQ(expected[i].score.skill, shuffled[i].score.skill);
  }
}

TEST(Scoring, SumsOfPartsAddUpToTheSumsOfTheWhole) {
  ScoreSums whole;
  ScoreSums first;
  ScoreSums second;
  for (int i = 0; i < 40; ++i) {
    // Values whose sums are exact, so that the parts cannot differ by rounding.
    JudgedForecast row = Judged(static_cast<float>(i), static_cast<float>(40 - i), 8);
    row.forecast.p10 = 4;
    row.forecast.p90 = 40;
    row.forecast.probability_over_100 = 0.5F;
    whole.Add(row);
    (i < 15 ? first : second).Add(row);
  }
  first += second;
  const Score a = Summarize(whole);
  const Score b = Summarize(first);
  EXPECT_EQ(a.rows, b.rows);
  EXPECT_EQ(a.events, b.events);
  EXPECT_EQ(a.skill, b.skill);
  EXPECT_EQ(a.coverage, b.coverage);
  EXPECT_EQ(a.width, b.width);
  EXPECT_EQ(a.brier, b.brier);
  EXPECT_NEAR(a.crps, b.crps, 1e-12);
  EXPECT_EQ(a.forecast.category_hit_rate, b.forecast.category_hit_rate);
}

TEST(Judge, LooksUpTruthAndBaselinesAndCountsWhatItCannotJudge) {
  SiteHistory::Builder builder;
  airquality::Site site;
  site.id = kSite;
  builder.AddSite(site);
  builder.Set(Pollutant::kPm25, kSite, MakeDay(2020, 1, 1), 10);
  builder.Set(Pollutant::kPm25, kSite, MakeDay(2020, 1, 2), 14);
  builder.Set(Pollutant::kPm25, kSite, MakeDay(2020, 1, 4), 11);
  const SiteHistory history = std::move(builder).Finish();

  std::vector<IssuedForecast> forecasts(5);
  for (IssuedForecast& forecast : forecasts) {
    forecast.site = kSite;
    forecast.mean = 12;
    forecast.issue_day = MakeDay(2020, 1, 2);
    forecast.horizon_days = 2;
  }
  forecasts[1].horizon_days = 1;                   // nothing on the 3rd
  forecasts[2].site = SiteId::FromParts(2, 2, 2);  // nobody
  forecasts[3].issue_day = MakeDay(2019, 12, 31);  // before any value; valid on the 2nd
  forecasts[4].pollutant = Pollutant::kCo;         // never measured
  const Judgement judgement = Judge(history, forecasts);
  ASSERT_EQ(judgement.judged.size(), 1u);
  EXPECT_EQ(judgement.judged[0].observed, 11);
  EXPECT_EQ(judgement.judged[0].baselines[0], 14);
  EXPECT_EQ(judgement.judged[0].baselines[1], 12);
  EXPECT_EQ(judgement.unobserved, 2u);
  EXPECT_EQ(judgement.unknown_site, 1u);
  EXPECT_EQ(judgement.without_baseline, 1u);
}

TEST(Judge, ABaselineGivenAsAForecastHasNoSkillAndNoLoss) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 10, .days = 700});
  const std::vector<int> horizons = {1, 3};
  const Baselines baselines(history, Pollutant::kPm25, horizons);
  std::vector<IssuedForecast> forecasts;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    for (const int horizon : horizons) {
      for (int day = 200; day < 690; ++day) {
        IssuedForecast forecast;
        forecast.site = history.sites()[site].id;
        forecast.issue_day = MakeDay(2015, 1, 1) + days(day);
        forecast.horizon_days = horizon;
        forecast.mean = forecast.p50 = baselines.At(
            {site, forecast.issue_day}, horizon)[static_cast<std::size_t>(Baseline::kDampedMean30)];
        forecast.p10 = forecast.p90 = forecast.probability_over_100 = kNotGiven;
        forecasts.push_back(forecast);
      }
    }
  }
  const std::vector<ScoredGroup> groups = ScoreForecasts(Judge(history, forecasts).judged);
  ASSERT_EQ(groups.size(), 2u);
  for (const ScoredGroup& group : groups) {
    EXPECT_EQ(group.score.baselines[3].rmse, group.score.forecast.rmse);
    EXPECT_LE(group.score.skill, 0);
    EXPECT_GT(group.score.rows, 500u);
  }
}

}  // namespace
}  // namespace geoclimate::forecast
