#include "geoclimate/backtest/published_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "geoclimate/backtest/testing/small_backtest.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;

// Rows as they are needed to count them: one a day from 1 January 2016.
struct DailyTasks {
  PollutantRows rows;
  PastTasks tasks;

  explicit DailyTasks(int days) {
    for (int day = 0; day < days; ++day) {
      rows.keys.keys.push_back({0, base::MakeDay(2016, 1, 1) + std::chrono::days(day)});
      tasks.rows.push_back(static_cast<std::size_t>(day));
    }
  }
};

std::vector<Origin> EveryDays(int step, int count, int first) {
  std::vector<Origin> origins;
  origins.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    origins.push_back({.day = base::MakeDay(2016, 1, 1) + std::chrono::days(first + i * step),
                       .last_issue_day = {},
                       .number = i + 1});
  }
  return origins;
}

TEST(FirstOfRuns, BeginsARunAYearAfterTheLast) {
  const DailyTasks tasks(10'000);
  // The past grows by a hundredth at each origin.
  EXPECT_EQ(FirstOfRuns(EveryDays(90, 10, 8'000), tasks.rows, tasks.tasks),
            (std::vector<std::size_t>{0, 5}));
  EXPECT_EQ(FirstOfRuns(EveryDays(365, 3, 8'000), tasks.rows, tasks.tasks),
            (std::vector<std::size_t>{0, 1, 2}));
}

TEST(FirstOfRuns, BeginsARunWhenThePastHasGrownByAQuarter) {
  const DailyTasks tasks(10'000);
  // 103, 123, 143, 163 rows: the third has more than 1.25 times the first, the fourth not of it.
  EXPECT_EQ(FirstOfRuns(EveryDays(20, 4, 104), tasks.rows, tasks.tasks),
            (std::vector<std::size_t>{0, 2}));
}

TEST(PublishedModels, TheFirstOfARunIsJudgedAndTheNextKeepsWhatItFound) {
  const features::SiteHistory history = testing::SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  const BacktestOptions options = testing::SmallOptions();
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);
  const std::vector<Origin> origins = Origins(options);

  PublishedModels shared(knowledge, rows, tasks, options, origins);
  ASSERT_EQ(shared.first_of_runs().front(), 0U);
  const auto next = shared.At(1);
  const auto first = shared.At(0);
  ASSERT_TRUE(first.ok() && next.ok());
  const model::Forecaster& of_first = *first->fallback->forecaster();
  const model::Forecaster& of_next = *next->fallback->forecaster();
  EXPECT_EQ(of_next.calibration.offsets, of_first.calibration.offsets);
  EXPECT_NE(of_next.baseline.rho, of_first.baseline.rho);

  const auto judged =
      PublishedModels(knowledge, rows, tasks, options, std::span(origins).subspan(1)).At(0);
  ASSERT_TRUE(judged.ok());
  EXPECT_NE(judged->fallback->forecaster()->calibration.offsets, of_next.calibration.offsets);
}

// Of the days from `day` on, values that follow nothing: no member can beat a baseline there.
features::SiteHistory NoiseFrom(const features::SiteHistory& history, base::LocalDay day) {
  features::SiteHistory::Builder builder;
  for (const airquality::Site& site : history.sites()) builder.AddSite(site);
  std::mt19937 random(7);
  for (std::size_t site = 0; site < history.sites().size(); ++site) {
    const features::SiteHistory::Series series = history.Get(Pollutant::kPm25, site);
    for (std::size_t i = 0; i < series.values.size(); ++i) {
      const base::LocalDay of_day = series.first_day + std::chrono::days(i);
      const float value = of_day < day ? series.values[i] : static_cast<float>(random() % 1000);
      if (std::isfinite(value))
        builder.Set(Pollutant::kPm25, history.sites()[site].id, of_day, value);
    }
  }
  return std::move(builder).Finish();
}

TEST(PublishedModels, WhatWasPromotedStaysWhereTheNextIsRefused) {
  BacktestOptions options = testing::SmallOptions();
  options.from = base::MakeDay(2016, 1, 1);
  options.refit_days = 300;  // long enough for a run of its own
  const std::vector<Origin> origins = {
      {.day = base::MakeDay(2016, 1, 15), .last_issue_day = {}, .number = 1},
      {.day = base::MakeDay(2016, 7, 31), .last_issue_day = {}, .number = 2}};
  const features::SiteHistory history =
      NoiseFrom(testing::SmallHistory(), base::MakeDay(2016, 3, 1));
  const Knowledge knowledge = Knowledge::Archive(history);
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);

  PublishedModels both(knowledge, rows, tasks, options, origins);
  ASSERT_EQ(both.first_of_runs(), (std::vector<std::size_t>{0, 1}));
  const auto first = both.At(0);
  const auto second = both.At(1);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_NE(first->production, nullptr);
  ASSERT_NE(second->production, nullptr);
  EXPECT_EQ(second->production->description().model_id, first->production->description().model_id);
  EXPECT_EQ(second->fallback->description().version, 2);

  const auto alone =
      PublishedModels(knowledge, rows, tasks, options, std::span(origins).subspan(1)).At(0);
  ASSERT_TRUE(alone.ok());
  EXPECT_EQ(alone->production, nullptr);
}

}  // namespace
}  // namespace geoclimate::backtest
