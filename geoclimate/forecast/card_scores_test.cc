#include "geoclimate/forecast/card_scores.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/forecast/judge.h"
#include "geoclimate/forecast/scoring.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using features::SiteHistory;
using std::chrono::days;

constexpr int kHorizon = 1;
constexpr std::array kHorizons = {kHorizon};
const base::LocalDay kFirst = MakeDay(2020, 1, 6);  // a Monday

// Quantiles 2 apart on both sides of the mean: p10 and p90 are 8 below and above it.
CardRow Row(std::size_t site, base::LocalDay issue_day, float mean) {
  model::Distribution said;
  said.mean = mean;
  for (std::size_t i = 0; i < said.quantiles.size(); ++i) {
    said.quantiles[i] = mean + 2 * (static_cast<float>(i) - 5);
  }
  return MakeCardRow(airquality::NewestTable(Pollutant::kPm25), {site, issue_day}, said);
}

// Two sites for `count` days: one alternates between 10 and 20, the other measures 8.
SiteHistory TwoSites(int count) {
  SiteHistory::Builder builder;
  const std::array ids = {SiteId::FromParts(6, 37, 1), SiteId::FromParts(36, 1, 2)};
  for (const SiteId id : ids) {
    airquality::Site site;
    site.id = id;
    site.name = id == ids[0] ? "alternating" : "steady";
    builder.AddSite(site);
  }
  for (int day = 0; day < count; ++day) {
    builder.Set(Pollutant::kPm25, ids[0], kFirst + days(day), day % 2 == 0 ? 10 : 20);
    builder.Set(Pollutant::kPm25, ids[1], kFirst + days(day), 8);
  }
  return std::move(builder).Finish();
}

// Too high by 1 at the first site, too low by 2 at the second, from the second week on.
CardForecasts NearlyRight(const SiteHistory& history, int count) {
  CardForecasts forecasts = {.method = "model", .known = "archive", .horizon_days = kHorizon};
  for (int day = 7; day < count; ++day) {
    const base::LocalDay issue_day = kFirst + days(day);
    for (const std::size_t site : {0U, 1U}) {
      const float observed = history.Get(Pollutant::kPm25, site).At(issue_day + days(kHorizon));
      forecasts.rows.push_back(
          Row(site, issue_day, (std::isnan(observed) ? 8 : observed) + (site == 0 ? 1 : -2)));
    }
  }
  return forecasts;
}

CardEvaluation Evaluate(const SiteHistory& history, const CardForecasts& forecasts) {
  const Baselines baselines(history, forecasts.pollutant, kHorizons);
  const auto evaluation = EvaluateForCard(history, baselines, forecasts);
  EXPECT_TRUE(evaluation.has_value());
  return evaluation.value_or(CardEvaluation());
}

TEST(CardScores, AreOfTheRowsWhoseDayWasMeasured) {
  const SiteHistory history = TwoSites(35);
  const model::CardScores scores = Evaluate(history, NearlyRight(history, 40)).scores;
  EXPECT_EQ(scores.known, "archive");
  EXPECT_EQ(scores.forecast.name, "model");
  EXPECT_EQ(scores.rows, 2U * (34 - 7));
  EXPECT_EQ(scores.sites, 2U);
  EXPECT_EQ(scores.weeks, 4U);
  EXPECT_EQ(scores.first_issue_day, kFirst + days(7));
  EXPECT_EQ(scores.last_valid_day, kFirst + days(34));
  EXPECT_EQ(scores.events, 0U);
  EXPECT_NEAR(scores.forecast.rmse.value, std::sqrt(2.5), 1e-6);
  EXPECT_NEAR(scores.forecast.mae, 1.5, 1e-6);
  EXPECT_NEAR(scores.forecast.bias, -0.5, 1e-6);
  EXPECT_EQ(scores.coverage.value, 1);
  EXPECT_NEAR(scores.width.value, 16, 1e-6);
}

TEST(CardScores, HoldEveryBaselineAgainstTheForecaster) {
  const SiteHistory history = TwoSites(35);
  const model::CardScores scores = Evaluate(history, NearlyRight(history, 35)).scores;
  ASSERT_EQ(scores.baselines.size(), kBaselineCount);
  EXPECT_EQ(scores.baselines.front().name, "persistence");
  EXPECT_NEAR(scores.baselines.front().rmse.value, std::sqrt(50), 1e-5) << "10 and 0 off";
  double best = scores.baselines.front().rmse.value;
  std::string name = "persistence";
  for (const model::CardMethod& baseline : scores.baselines) {
    if (baseline.rmse.value >= best) continue;
    best = baseline.rmse.value;
    name = baseline.name;
  }
  EXPECT_EQ(scores.best_baseline, name);
  EXPECT_NEAR(scores.skill.value, 1 - 2.5 / (best * best), 1e-6);
}

TEST(CardScores, AFewWeeksGiveNoInterval) {
  const SiteHistory history = TwoSites(150);
  const model::CardScores few = Evaluate(history, NearlyRight(history, 50)).scores;
  EXPECT_TRUE(std::isnan(few.forecast.rmse.low));
  const model::CardScores many = Evaluate(history, NearlyRight(history, 149)).scores;
  EXPECT_EQ(many.weeks, 21U);
  for (const model::CardFigure& figure : {many.forecast.rmse, many.skill, many.crps}) {
    EXPECT_LE(figure.low, figure.value + 1e-9);
    EXPECT_GE(figure.high, figure.value - 1e-9);
  }
}

TEST(CardScores, EachSiteHasItsOwnBestBaseline) {
  const SiteHistory history = TwoSites(35);
  const std::vector<model::CardSite> sites = Evaluate(history, NearlyRight(history, 35)).sites;
  ASSERT_EQ(sites.size(), 2U);
  EXPECT_EQ(sites[0].site_id, "06-037-0001");
  EXPECT_EQ(sites[0].name, "alternating");
  EXPECT_EQ(sites[0].rows, 34U - 7U);
  EXPECT_NEAR(sites[0].rmse, 1, 1e-6);
  EXPECT_GT(sites[0].skill, 0.9);
  EXPECT_NE(sites[0].best_baseline, "persistence");
  EXPECT_EQ(sites[1].best_baseline, "persistence");
  EXPECT_EQ(sites[1].best_baseline_rmse, 0);
  EXPECT_TRUE(std::isnan(sites[1].skill)) << "nothing is better than what is never wrong";
}

TEST(CardScores, ReliabilityHoldsTheTenthsThatHaveRows) {
  const SiteHistory history = TwoSites(35);
  CardForecasts forecasts = NearlyRight(history, 34);
  for (CardRow& row : forecasts.rows) row.probability_over_100 = row.site == 0 ? 0.25F : 0;
  const model::CardScores scores = Evaluate(history, forecasts).scores;
  ASSERT_EQ(scores.reliability.size(), 2U);
  EXPECT_EQ(scores.reliability[0].probability, 0);
  EXPECT_EQ(scores.reliability[1].probability, 0.25);
  EXPECT_EQ(scores.reliability[1].rows, 34U - 7U);
  EXPECT_EQ(scores.reliability[1].observed, 0);
  EXPECT_NEAR(scores.brier.value, 0.25 * 0.25 / 2, 1e-9);
}

TEST(CardScores, WithoutAMeasuredDayThereAreNone) {
  const SiteHistory history = TwoSites(35);
  const Baselines baselines(history, Pollutant::kPm25, kHorizons);
  CardForecasts forecasts = {.method = "model", .known = "operational", .horizon_days = kHorizon};
  EXPECT_FALSE(EvaluateForCard(history, baselines, forecasts).has_value());
  forecasts.rows.push_back(Row(0, kFirst + days(34), 12));
  EXPECT_FALSE(EvaluateForCard(history, baselines, forecasts).has_value());
}

// The card and `geoclimate score` must not tell two stories of the same forecasts.
TEST(CardScores, AreThoseThatTheJudgeOfFilesGives) {
  const SiteHistory history = features::testing::SyntheticHistory({.sites = 8, .days = 600}).Make();
  CardForecasts forecasts = {.method = "model", .known = "archive", .horizon_days = kHorizon};
  std::vector<airquality::IssuedForecast> issued;
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    for (int day = 400; day < 600; ++day) {
      const base::LocalDay issue_day = MakeDay(2015, 1, 1) + days(day);
      forecasts.rows.push_back(Row(site, issue_day, static_cast<float>(8 + day % 5)));
      const CardRow& row = forecasts.rows.back();
      airquality::IssuedForecast& one = issued.emplace_back();
      one.site = history.sites()[site].id;
      one.issue_day = issue_day;
      one.horizon_days = kHorizon;
      one.mean = row.mean;
      one.p10 = row.p10;
      one.p50 = row.p50;
      one.p90 = row.p90;
      one.probability_over_100 = row.probability_over_100;
    }
  }
  const model::CardScores scores = Evaluate(history, forecasts).scores;
  const std::vector<ScoredGroup> groups = ScoreForecasts(Judge(history, issued).judged);
  ASSERT_EQ(groups.size(), 1U);
  const IntervalScored& expected = groups.front().scored;
  EXPECT_EQ(static_cast<double>(scores.rows), expected.score.rows);
  EXPECT_EQ(scores.weeks, expected.weeks);
  EXPECT_EQ(scores.best_baseline, BaselineName(groups.front().best));
  EXPECT_EQ(scores.forecast.rmse.value, expected.score.forecast.rmse);
  EXPECT_EQ(scores.forecast.rmse.low, expected.low.forecast.rmse);
  EXPECT_EQ(scores.skill.high, expected.high.skill);
  EXPECT_EQ(scores.crps.value, expected.score.crps);
  EXPECT_EQ(scores.coverage.low, expected.low.coverage);
  EXPECT_EQ(scores.brier.value, expected.score.brier);
  EXPECT_EQ(scores.baselines.back().rmse.high, expected.high.baselines.back().rmse);
}

}  // namespace
}  // namespace geoclimate::forecast
