#include "geoclimate/forecast/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "geoclimate/features/testing/synthetic_history.h"
#include "geoclimate/forecast/scoring.h"
#include "geoclimate/forecast/testing/judged.h"

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using features::SiteHistory;
using std::chrono::days;
using testing::kNotGiven;

constexpr SiteId kSite = SiteId::FromParts(1, 1, 1);

SiteHistory OneSite(std::span<const float> values) {
  SiteHistory::Builder builder;
  airquality::Site site;
  site.id = kSite;
  builder.AddSite(site);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    builder.Set(Pollutant::kPm25, kSite, MakeDay(2020, 1, 1) + days(i), values[i]);
  }
  return std::move(builder).Finish();
}

IssuedForecast At(base::LocalDay issue_day, int horizon_days) {
  IssuedForecast forecast;
  forecast.site = kSite;
  forecast.issue_day = issue_day;
  forecast.horizon_days = horizon_days;
  forecast.mean = 12;
  return forecast;
}

// Of every site, on every day but the first 200.
std::vector<IssuedForecast> AllOf(const SiteHistory& history, std::span<const int> horizons) {
  std::vector<IssuedForecast> forecasts;
  for (const airquality::Site& site : history.sites()) {
    for (const int horizon : horizons) {
      for (int day = 200; day < 690; ++day) {
        IssuedForecast forecast = At(MakeDay(2015, 1, 1) + days(day), horizon);
        forecast.site = site.id;
        forecast.p10 = forecast.p50 = forecast.p90 = forecast.probability_over_100 = kNotGiven;
        forecasts.push_back(forecast);
      }
    }
  }
  return forecasts;
}

TEST(Judge, LooksUpTruthAndBaselinesAndCountsWhatItCannotJudge) {
  const SiteHistory history = OneSite(std::vector<float>{10, 14, kNotGiven, 11});
  std::vector<IssuedForecast> forecasts(5, At(MakeDay(2020, 1, 2), 2));
  forecasts[1].horizon_days = 1;                   // nothing on the 3rd
  forecasts[2].site = SiteId::FromParts(2, 2, 2);  // nobody
  forecasts[3].issue_day = MakeDay(2019, 12, 31);  // before any value; valid on the 2nd
  forecasts[4].pollutant = Pollutant::kCo;         // never measured
  const Judgement judgement = Judge(history, forecasts);
  ASSERT_EQ(judgement.judged.size(), 1u);
  EXPECT_EQ(judgement.judged[0].index, 0u);
  EXPECT_EQ(judgement.judged[0].observed, 11);
  EXPECT_EQ(judgement.judged[0].baselines[0], 14);
  EXPECT_EQ(judgement.judged[0].baselines[1], 12);
  EXPECT_TRUE(std::isnan(judgement.judged[0].dressed_crps[0])) << "one day is no past";
  EXPECT_EQ(judgement.unobserved, 2u);
  EXPECT_EQ(judgement.unknown_site, 1u);
  EXPECT_EQ(judgement.without_baseline, 1u);
}

TEST(Judge, PersistenceIsDressedWithTheErrorsOfTheDaysBefore) {
  // Day by day 10, 11, 12, ... : persistence has always been 1 too low, so that dressed with its
  // past it is exact, until the value stays where it is.
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(10 + static_cast<float>(i));
  values.push_back(values.back());
  const SiteHistory history = OneSite(values);
  const std::vector<IssuedForecast> forecasts = {At(MakeDay(2020, 1, 1) + days(58), 1),
                                                 At(MakeDay(2020, 1, 1) + days(59), 1)};
  const Judgement judgement =
      Judge(history, forecasts, {.past_errors = {.window = days(90), .fewest = 20}});
  ASSERT_EQ(judgement.judged.size(), 2u);
  EXPECT_NEAR(judgement.judged[0].dressed_crps[0], 0, 1e-6);
  EXPECT_NEAR(judgement.judged[1].dressed_crps[0], 1, 1e-6);
}

TEST(Judge, WhatCameLaterChangesNeitherBaselinesNorTheirDressing) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 8, .days = 700});
  const std::vector<int> horizons = {1, 3};
  std::vector<IssuedForecast> forecasts = AllOf(history, horizons);
  const base::LocalDay day = MakeDay(2016, 6, 1);
  std::erase_if(forecasts,
                [&](const IssuedForecast& forecast) { return forecast.valid_day() > day; });
  const Judgement now = Judge(history, forecasts);
  const Judgement then = Judge(history.KnownAt(day), forecasts);
  ASSERT_GT(now.judged.size(), 500u);
  ASSERT_EQ(now.judged.size(), then.judged.size());
  std::size_t dressed = 0;
  for (std::size_t i = 0; i < now.judged.size(); ++i) {
    const JudgedForecast& a = now.judged[i];
    const JudgedForecast& b = then.judged[i];
    EXPECT_EQ(std::memcmp(a.baselines.data(), b.baselines.data(), sizeof a.baselines), 0);
    EXPECT_EQ(std::memcmp(a.dressed_crps.data(), b.dressed_crps.data(), sizeof a.dressed_crps), 0);
    dressed += std::isnan(a.dressed_crps[0]) ? 0 : 1;
  }
  EXPECT_GT(dressed, 500u);
}

TEST(Judge, ThreadsChangeNothing) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 6, .days = 700});
  const std::vector<int> horizons = {1, 2, 3};
  const std::vector<IssuedForecast> forecasts = AllOf(history, horizons);
  const Judgement one = Judge(history, forecasts);
  const Judgement three = Judge(history, forecasts, {.past_errors = {}, .threads = 3});
  ASSERT_EQ(one.judged.size(), three.judged.size());
  for (std::size_t i = 0; i < one.judged.size(); ++i) {
    EXPECT_EQ(one.judged[i].index, three.judged[i].index);
    EXPECT_EQ(one.judged[i].baselines, three.judged[i].baselines);
  }
}

TEST(Judge, ABaselineGivenAsAForecastHasNoSkillAndNoLoss) {
  const SiteHistory history = features::testing::MakeSyntheticHistory({.sites = 10, .days = 700});
  const std::vector<int> horizons = {1, 3};
  const Baselines baselines(history, Pollutant::kPm25, horizons);
  std::vector<IssuedForecast> forecasts = AllOf(history, horizons);
  for (IssuedForecast& forecast : forecasts) {
    const std::size_t site = *history.FindSite(forecast.site);
    forecast.mean = forecast.p50 =
        baselines.At({site, forecast.issue_day},
                     forecast.horizon_days)[static_cast<std::size_t>(Baseline::kDampedMean30)];
  }
  const std::vector<ScoredGroup> groups = ScoreForecasts(Judge(history, forecasts).judged);
  ASSERT_EQ(groups.size(), 2u);
  for (const ScoredGroup& group : groups) {
    EXPECT_EQ(group.score().baselines[3].rmse, group.score().forecast.rmse);
    EXPECT_LE(group.score().skill, 0);
    EXPECT_GT(group.score().rows, 500);
  }
}

TEST(Judge, KeysOrderForecastsByPollutantLeadTimeDayAndSite) {
  const auto key = [](Pollutant pollutant, int horizon, base::LocalDay day, SiteId site) {
    IssuedForecast forecast = At(day, horizon);
    forecast.pollutant = pollutant;
    forecast.site = site;
    return ForecastKey(forecast);
  };
  const SiteId last = SiteId::FromParts(SiteId::kCanada, 999, 9999);
  const base::LocalDay old = MakeDay(1900, 1, 1);
  const base::LocalDay far = MakeDay(2199, 12, 31);
  EXPECT_LT(key(Pollutant::kPm25, 300, far, last), key(Pollutant::kPm10, 1, old, kSite));
  EXPECT_LT(key(Pollutant::kCo, 1, far, last), key(Pollutant::kCo, 2, old, kSite));
  EXPECT_LT(key(Pollutant::kCo, 300, old, last), key(Pollutant::kCo, 300, old + days(1), kSite));
  EXPECT_LT(key(Pollutant::kO3, 1, old, kSite), key(Pollutant::kO3, 1, old, last));
}

}  // namespace
}  // namespace geoclimate::forecast
