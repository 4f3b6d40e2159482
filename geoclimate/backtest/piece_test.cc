#include "geoclimate/backtest/piece.h"

#include <gtest/gtest.h>

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

TEST(OriginFits, TheFirstIsJudgedAndTheNextKeepsWhatItFound) {
  const features::SiteHistory history = testing::SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  const BacktestOptions options = testing::SmallOptions();
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  const PastTasks tasks = FindPastTasks(knowledge, rows, 1);
  const std::vector<Origin> origins = Origins(options);

  OriginFits shared(knowledge, rows, tasks, options);
  const auto first = shared.At(origins[0]);
  EXPECT_TRUE(shared.judged());
  const auto next = shared.At(origins[1]);
  ASSERT_TRUE(first.ok() && next.ok());
  const model::Forecaster& of_first = *first->fallback->forecaster();
  const model::Forecaster& of_next = *next->fallback->forecaster();
  EXPECT_EQ(of_next.calibration.offsets, of_first.calibration.offsets);
  EXPECT_NE(of_next.baseline.rho, of_first.baseline.rho);

  OriginFits alone(knowledge, rows, tasks, options);
  const auto judged = alone.At(origins[1]);
  ASSERT_TRUE(judged.ok());
  EXPECT_NE(judged->fallback->forecaster()->calibration.offsets, of_next.calibration.offsets);
}

}  // namespace
}  // namespace geoclimate::backtest
