#include "geoclimate/forecast/scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include "geoclimate/forecast/testing/judged.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using std::chrono::days;
using ::testing::ElementsAre;
using testing::Judged;

// A year of forecasts at three sites, two pollutants and two lead times, better than the baselines.
std::vector<JudgedForecast> Year() {
  std::mt19937_64 random(3);
  const auto noise = [&] { return static_cast<float>(random() % 1000) / 100 - 5; };
  std::vector<JudgedForecast> judged;
  for (int i = 0; i < 366 * 12; ++i) {
    const float observed = 20 + 3 * noise();
    JudgedForecast row = Judged(observed + noise(), observed, observed + 2 * noise());
    row.forecast.pollutant = i % 4 < 2 ? Pollutant::kO3 : Pollutant::kPm25;
    row.forecast.horizon_days = 1 + i % 2;
    row.forecast.site = SiteId::FromParts(static_cast<std::uint32_t>(1 + i / 4 % 3), 1, 1);
    row.forecast.issue_day = MakeDay(2020, 1, 1) + days(i / 12);
    row.forecast.p10 = row.forecast.p50 - 4;
    row.forecast.p90 = row.forecast.p50 + 4;
    row.forecast.probability_over_100 = row.forecast.p50 > 30 ? 0.5F : 0.0F;
    row.dressed_crps.fill(2);
    judged.push_back(row);
  }
  return judged;
}

Grouping ByState(std::span<const JudgedForecast> judged) {
  Grouping grouping{"state", {"first", "second", "third", "nowhere"}, {}};
  for (const JudgedForecast& row : judged) {
    grouping.of.push_back(row.forecast.site.state() - 1);
  }
  return grouping;
}

std::vector<double> AllNumbers(std::span<const ScoredGroup> groups) {
  std::vector<double> numbers;
  const auto append = [&](const IntervalScored& scored) {
    for (const Score& score : {scored.score, scored.low, scored.high}) {
      const auto part = ToDoubles(score);
      numbers.insert(numbers.end(), part.begin(), part.end());
    }
  };
  for (const ScoredGroup& group : groups) {
    append(group.scored);
    for (const ScoredSubset& subset : group.subsets) append(subset.scored);
  }
  return numbers;
}

TEST(Scoring, GroupsComeInTheOrderOfPollutantAndLeadTime) {
  const std::vector<ScoredGroup> groups = ScoreForecasts(Year());
  ASSERT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups[0].pollutant, Pollutant::kPm25);
  EXPECT_EQ(groups[0].horizon_days, 1);
  EXPECT_EQ(groups[1].horizon_days, 2);
  EXPECT_EQ(groups[2].pollutant, Pollutant::kO3);
  EXPECT_EQ(groups[0].scored.weeks, 53u);
  EXPECT_TRUE(groups[0].subsets.empty());
}

TEST(Scoring, SubsetsDivideTheRows) {
  const std::vector<JudgedForecast> judged = Year();
  const Grouping grouping = ByState(judged);
  const std::vector<ScoredGroup> groups =
      ScoreForecasts(judged, {.subsets = Subsets::kAll, .grouping = &grouping});
  std::vector<std::string> names;
  std::map<std::string, double> rows;
  std::map<std::string, double> squared_error;
  for (const ScoredSubset& subset : groups[0].subsets) {
    names.push_back(subset.by + " " + subset.name);
    const Score& score = subset.scored.score;
    rows[subset.by] += score.rows;
    squared_error[subset.by] += score.rows * score.forecast.rmse * score.forecast.rmse;
  }
  EXPECT_THAT(names,
              ElementsAre("season DJF", "season MAM", "season JJA", "season SON",
                          "p50 over 35 ug/m3", "state first", "state second", "state third"));
  const Score& whole = groups[0].score();
  for (const char* by : {"season", "state"}) {
    EXPECT_EQ(rows[by], whole.rows);
    EXPECT_NEAR(squared_error[by], whole.rows * whole.forecast.rmse * whole.forecast.rmse, 1e-6);
  }
  double high = 0;
  for (const JudgedForecast& row : judged) {
    high += row.forecast.pollutant == Pollutant::kPm25 && row.forecast.horizon_days == 1 &&
                    row.forecast.p50 > 35
                ? 1
                : 0;
  }
  EXPECT_EQ(rows["p50"], high);
  EXPECT_GT(high, 20);
}

TEST(Scoring, SkillOfASubsetIsAgainstTheBaselineThatIsBestOverAll) {
  std::vector<JudgedForecast> judged = Year();
  for (JudgedForecast& row : judged) {
    // Persistence wins in summer only, where it is perfect, and climatology over the year.
    const bool summer = row.forecast.valid_day() >= MakeDay(2020, 6, 1) &&
                        row.forecast.valid_day() < MakeDay(2020, 9, 1);
    row.baselines[0] = summer ? row.observed : row.observed + 30;
    row.baselines[5] = row.observed + 1;
  }
  const std::vector<ScoredGroup> groups = ScoreForecasts(judged, {.subsets = Subsets::kAll});
  EXPECT_EQ(groups[0].best, Baseline::kClimatology);
  const Score& summer = groups[0].subsets[2].scored.score;
  EXPECT_NEAR(summer.skill, 1 - summer.forecast.rmse * summer.forecast.rmse, 1e-5);
}

TEST(Scoring, IntervalsHoldThePointAndDifferencesArePaired) {
  const std::vector<JudgedForecast> judged = Year();
  for (const ScoredGroup& group : ScoreForecasts(judged, {.subsets = Subsets::kAll})) {
    const auto score = ToDoubles(group.scored.score);
    const auto low = ToDoubles(group.scored.low);
    const auto high = ToDoubles(group.scored.high);
    for (std::size_t i = 0; i < score.size(); ++i) {
      if (std::isnan(score[i])) continue;
      EXPECT_LE(low[i], score[i]) << i;
      EXPECT_GE(high[i], score[i]) << i;
    }
    // The forecast's errors are half the baselines' on every day.
    EXPECT_GT(group.scored.low.skill, 0.6);
    EXPECT_LT(group.scored.high.skill, 0.9);
    EXPECT_LT(group.scored.high.skill - group.scored.low.skill, 0.15);
  }
}

TEST(Scoring, NeitherTheOrderOfTheRowsNorThreadsMatterByABit) {
  std::vector<JudgedForecast> judged = Year();
  Grouping grouping = ByState(judged);
  ScoringOptions options{
      .bootstrap = {.replicates = 50}, .subsets = Subsets::kAll, .grouping = &grouping};
  const std::vector<double> expected = AllNumbers(ScoreForecasts(judged, options));
  std::mt19937_64 random(9);
  std::shuffle(judged.begin(), judged.end(), random);
  grouping = ByState(judged);
  options.threads = 3;
  const std::vector<double> shuffled = AllNumbers(ScoreForecasts(judged, options));
  ASSERT_EQ(shuffled.size(), expected.size());
  EXPECT_EQ(std::memcmp(shuffled.data(), expected.data(), expected.size() * sizeof(double)), 0);
}

}  // namespace
}  // namespace geoclimate::forecast
