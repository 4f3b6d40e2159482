#include "geoclimate/forecast/version_scores.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

const airquality::SiteId kFirstSite = airquality::SiteId::FromParts(6, 37, 1);
const airquality::SiteId kSecondSite = airquality::SiteId::FromParts(6, 37, 2);

// Persistence is off by 4, the 7-day mean by 2, the others by 8.
JudgedForecast Judged(airquality::SiteId site, int day, float error, const std::string& model,
                      Pollutant pollutant = Pollutant::kPm25) {
  JudgedForecast judged;
  judged.observed = 10;
  judged.forecast.site = site;
  judged.forecast.pollutant = pollutant;
  judged.forecast.issue_day = base::MakeDay(2020, 1, 1) + std::chrono::days(day);
  judged.forecast.horizon_days = 1;
  judged.forecast.model_id = model;
  judged.forecast.mean = 10 + error;
  judged.forecast.p10 = 9;
  judged.forecast.p50 = 10 + error;
  judged.forecast.p90 = 11 + error;
  judged.baselines.fill(18);
  judged.baselines[static_cast<std::size_t>(Baseline::kPersistence)] = 14;
  judged.baselines[static_cast<std::size_t>(Baseline::kMean7)] = 12;
  return judged;
}

TEST(VersionScores, AreWorkedOutFromTheirDefinition) {
  // Errors +1, -1, +1: RMSE 1, MAE 1, bias 1/3; p90 is 12, 10, 12 and p10 9, so all cover 10.
  std::vector<JudgedForecast> judged = {Judged(kFirstSite, 0, 1, "m"),
                                        Judged(kFirstSite, 1, -1, "m"),
                                        Judged(kSecondSite, 0, 1, "m")};
  judged[2].forecast.p10 = 10.5F;
  const std::vector<VersionScore> scores = ScoreVersions(judged);
  ASSERT_EQ(scores.size(), 3U);
  const VersionScore& all = scores[0];
  EXPECT_FALSE(all.site);
  EXPECT_EQ(all.model_id, "m");
  EXPECT_EQ(all.rows, 3U);
  EXPECT_DOUBLE_EQ(all.rmse, 1);
  EXPECT_DOUBLE_EQ(all.mae, 1);
  EXPECT_NEAR(all.bias, 1.0 / 3, 1e-12);
  EXPECT_NEAR(all.coverage, 2.0 / 3, 1e-12);
  EXPECT_EQ(all.best, Baseline::kMean7);
  EXPECT_DOUBLE_EQ(all.skill, 1 - 1.0 / 4);
  EXPECT_DOUBLE_EQ(all.skill_over_persistence, 1 - 1.0 / 16);
  EXPECT_EQ(scores[1].site, kFirstSite);
  EXPECT_EQ(scores[1].rows, 2U);
  EXPECT_DOUBLE_EQ(scores[1].bias, 0);
  EXPECT_DOUBLE_EQ(scores[1].coverage, 1);
  EXPECT_EQ(scores[2].site, kSecondSite);
  EXPECT_DOUBLE_EQ(scores[2].coverage, 0);
}

TEST(VersionScores, AreOfEachVersionAgainstTheBaselineOfTheWholeGroup) {
  std::vector<JudgedForecast> judged;
  for (int day = 0; day < 10; ++day) judged.push_back(Judged(kFirstSite, day, 1, "old"));
  // Of this one row climatology happens to be right.
  judged.push_back(Judged(kSecondSite, 0, 2, "new"));
  judged.back().baselines[static_cast<std::size_t>(Baseline::kClimatology)] = 10;
  judged.push_back(Judged(kSecondSite, 0, 2, "other", Pollutant::kO3));
  const std::vector<VersionScore> scores = ScoreVersions(judged);
  ASSERT_EQ(scores.size(), 6U);
  EXPECT_EQ(scores[0].model_id, "new");
  EXPECT_EQ(scores[0].best, Baseline::kMean7);
  EXPECT_DOUBLE_EQ(scores[0].skill, 0);
  EXPECT_EQ(scores[2].model_id, "old");
  EXPECT_DOUBLE_EQ(scores[2].skill, 0.75);
  EXPECT_EQ(scores[4].pollutant, Pollutant::kO3);
}

TEST(VersionScores, TheOrderOfTheRowsChangesNoBit) {
  std::mt19937_64 random(1);
  std::vector<JudgedForecast> judged;
  for (int day = 0; day < 200; ++day) {
    const auto error = static_cast<float>(random() % 1000) / 137;
    judged.push_back(
        Judged(day % 2 == 0 ? kFirstSite : kSecondSite, day, error, day % 3 == 0 ? "a" : "b"));
  }
  const std::vector<VersionScore> sorted = ScoreVersions(judged);
  std::ranges::shuffle(judged, random);
  const std::vector<VersionScore> shuffled = ScoreVersions(judged);
  ASSERT_EQ(sorted.size(), shuffled.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(sorted[i].model_id, shuffled[i].model_id);
    EXPECT_EQ(sorted[i].site, shuffled[i].site);
    EXPECT_EQ(sorted[i].rmse, shuffled[i].rmse);
    EXPECT_EQ(sorted[i].skill, shuffled[i].skill);
  }
}

TEST(VersionScores, WhatWasNotGivenIsNotScored) {
  JudgedForecast judged = Judged(kFirstSite, 0, 1, "m");
  judged.forecast.p10 = judged.forecast.p90 = std::numeric_limits<float>::quiet_NaN();
  const std::vector<VersionScore> scores = ScoreVersions({{judged}});
  EXPECT_TRUE(std::isnan(scores.at(0).coverage));
  EXPECT_DOUBLE_EQ(scores.at(0).rmse, 1);
  EXPECT_TRUE(ScoreVersions({}).empty());
}

}  // namespace
}  // namespace geoclimate::forecast
