// A backtest with weather: what a model of chemistry knows helps from its issue time on, and not a
// second earlier.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "geoclimate/backtest/backtest.h"
#include "geoclimate/backtest/history_digest.h"
#include "geoclimate/backtest/testing/small_backtest.h"
#include "geoclimate/features/testing/synthetic_weather.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;
using features::WeatherHistory;
using features::testing::ChemistryVariables;
using features::testing::MakeWeather;
using features::testing::PerfectForecasts;
using features::testing::WeatherRow;
using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kIssuedColumn = 2;
constexpr std::size_t kMeanColumn = 6;
constexpr std::size_t kObservedColumn = 12;

BacktestOptions OneFit() {
  BacktestOptions options = testing::SmallOptions();
  options.horizons = {1};
  options.to = base::MakeDay(2016, 5, 31);
  options.refit_days = 200;
  return options;
}

// The rows of the file of forecasts, without the id of the model.
std::vector<std::vector<std::string>> Forecasts(const Knowledge& knowledge) {
  const testing::TestFolder folder;
  BacktestFiles files;
  files.out = folder / "out.csv";
  files.work = folder / "work";
  files.program = "test";
  BacktestProgress progress;
  const auto report = RunBacktest(knowledge, OneFit(), files, progress);
  EXPECT_TRUE(report.ok()) << report.error().ToString();
  return testing::ReadRows(files.out);
}

double MeanSquaredError(const std::vector<std::vector<std::string>>& rows) {
  double sum = 0;
  std::size_t count = 0;
  for (const std::vector<std::string>& row : rows) {
    if (row[kObservedColumn].empty()) continue;
    sum += std::pow(std::stod(row[kMeanColumn]) - std::stod(row[kObservedColumn]), 2);
    ++count;
  }
  EXPECT_GT(count, 200U);
  return sum / static_cast<double>(count);
}

// One lead time of forecasts that are never wrong.
WeatherHistory Perfect(const features::SiteHistory& history, seconds after_day_start) {
  return MakeWeather(ChemistryVariables(),
                     PerfectForecasts(history, Pollutant::kPm25, 1, after_day_start));
}

TEST(WeatherBacktest, WhatIsIssuedByTheEndOfTheDayHelpsAndWhatIsIssuedThenDoesNot) {
  const features::SiteHistory history = testing::SmallHistory();
  const WeatherHistory in_time = Perfect(history, hours(24) - seconds(1));
  const WeatherHistory too_late = Perfect(history, hours(24));
  const WeatherHistory nothing = MakeWeather(ChemistryVariables(), {});
  const auto late = Forecasts(Knowledge::Archive(history, &too_late));
  EXPECT_EQ(late, Forecasts(Knowledge::Archive(history, &nothing)));
  EXPECT_LT(MeanSquaredError(Forecasts(Knowledge::Archive(history, &in_time))),
            0.5 * MeanSquaredError(late));
}

TEST(WeatherBacktest, OperationallyItHelpsWhenItIsIssuedBy15) {
  const forecast::VintageHistory vintages = testing::SmallVintages(testing::SmallHistory());
  const WeatherHistory in_time = Perfect(vintages.truth(), hours(15));
  const WeatherHistory too_late = Perfect(vintages.truth(), hours(15) + seconds(1));
  const WeatherHistory nothing = MakeWeather(ChemistryVariables(), {});
  const auto late = Forecasts(Knowledge::Operational(vintages, &too_late));
  EXPECT_EQ(late, Forecasts(Knowledge::Operational(vintages, &nothing)));
  EXPECT_LT(MeanSquaredError(Forecasts(Knowledge::Operational(vintages, &in_time))),
            0.6 * MeanSquaredError(late));
}

TEST(WeatherBacktest, NoForecastDependsOnWeatherThatIsIssuedAfterItsDay) {
  const features::SiteHistory history = testing::SmallHistory();
  const base::LocalDay day = base::MakeDay(2016, 4, 15);
  const std::vector<WeatherRow> rows = PerfectForecasts(history, Pollutant::kPm25, 3, hours(20));
  const WeatherHistory weather = MakeWeather(ChemistryVariables(), rows);
  const WeatherHistory changed = MakeWeather(
      ChemistryVariables(),
      features::testing::ReplaceIssuedAfter(
          rows, base::DayStart(day + std::chrono::days(1), std::chrono::minutes(0)) - seconds(1),
          *history.sites()[1].coordinates));
  const auto expected = Forecasts(Knowledge::Archive(history, &weather));
  const auto actual = Forecasts(Knowledge::Archive(history, &changed));
  ASSERT_EQ(expected.size(), actual.size());
  std::size_t later = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i][kIssuedColumn] <= base::FormatDay(day)) {
      EXPECT_EQ(expected[i], actual[i]);
    } else {
      later += expected[i] == actual[i] ? 0 : 1;
    }
  }
  EXPECT_GT(later, 100U) << "the change is one that later forecasts see";
}

TEST(WeatherBacktest, PiecesOfOtherWeatherAreNotTakenOver) {
  const features::SiteHistory history = testing::SmallHistory();
  const WeatherHistory one = Perfect(history, hours(20));
  const WeatherHistory other = Perfect(history, hours(21));
  EXPECT_EQ(DigestOf(Knowledge::Archive(history, &one)),
            DigestOf(Knowledge::Archive(history, &one)));
  EXPECT_NE(DigestOf(Knowledge::Archive(history, &one)),
            DigestOf(Knowledge::Archive(history, &other)));
  EXPECT_NE(DigestOf(Knowledge::Archive(history)), DigestOf(Knowledge::Archive(history, &one)));
}

}  // namespace
}  // namespace geoclimate::backtest
