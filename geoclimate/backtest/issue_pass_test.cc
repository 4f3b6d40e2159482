#include "geoclimate/backtest/issue_pass.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "geoclimate/backtest/past_tasks.h"
#include "geoclimate/backtest/piece.h"
#include "geoclimate/backtest/published_models.h"
#include "geoclimate/backtest/testing/small_backtest.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/issued_calibration.h"
#include "geoclimate/forecast/testing/listed_forecasts.h"

namespace geoclimate::backtest {
namespace {

using airquality::Pollutant;
using airquality::SiteId;

struct Given {
  std::map<SiteId, std::pair<forecast::PollutantForecast, std::string>> by_site;
  forecast::OnlineCalibration calibration;  // with which they were made
  forecast::HorizonModels models;
};

// One origin's forecasts of `day`, from a backtest that ran up to it.
Given BacktestOf(const Knowledge& knowledge, const BacktestOptions& options, int horizon,
                 base::LocalDay day) {
  Given given;
  const PollutantRows rows = BuildPollutantRows(knowledge, options.pollutants.front(), options);
  const PastTasks tasks = FindPastTasks(knowledge, rows, horizon);
  IssuePass pass(knowledge, rows, horizon, [&](const GivenForecast& one) {
    if (one.issue_day != day) return;
    given.by_site[one.site] = {one.forecast, std::string(one.model_id)};
  });
  BacktestOptions until = options;
  until.to = day;
  for (const Origin& origin : Origins(until)) {
    const auto models = PublishedModels(knowledge, rows, tasks, options, {&origin, 1}).At(0);
    EXPECT_TRUE(models.ok());
    const auto segment = ForecastDays(origin, rows, horizon, *models);
    EXPECT_TRUE(segment.ok());
    pass.Issue(origin, *segment);
    given.models = *models;
  }
  given.calibration = pass.calibration();
  return given;
}

// Every forecast of a backtest's day is the one that an issue on that day gives out.
void ExpectEqualToIssue(const Knowledge& knowledge, const features::SiteHistory& known,
                        base::LocalDay day) {
  const BacktestOptions options = testing::SmallOptions();
  for (const int horizon : options.horizons) {
    Given given = BacktestOf(knowledge, options, horizon, day);
    ASSERT_GT(given.by_site.size(), 3U);
    EXPECT_NE(given.calibration, forecast::OnlineCalibration(Pollutant::kPm25));
    given.models.calibration = given.calibration;
    forecast::IssueModels models;
    models.At(Pollutant::kPm25, horizon) = given.models;
    forecast::IssueOptions issue;
    issue.as_of = day;
    const auto table = forecast::Issue(known, models, issue);
    ASSERT_TRUE(table.ok()) << table.error().ToString();
    std::size_t compared = 0;
    for (const forecast::SiteForecast& site : table->sites) {
      const forecast::PollutantForecast& issued = site.days.front().pollutants.front();
      const auto backtested = given.by_site.find(site.id);
      // An issue also speaks for sites that have been silent for more than a week.
      if (day - issued.last_observed >= std::chrono::days(7)) continue;
      ASSERT_NE(backtested, given.by_site.end());
      ++compared;
      EXPECT_EQ(backtested->second.second, table->model_ids[issued.model]);
      forecast::PollutantForecast expected = backtested->second.first;
      expected.model = issued.model;
      EXPECT_EQ(expected, issued);
    }
    EXPECT_EQ(compared, given.by_site.size());
  }
}

TEST(IssuePass, ForecastsOfADayEqualThoseOfAnIssueOnThatDayBitForBit) {
  const features::SiteHistory history = testing::SmallHistory();
  const base::LocalDay day = base::MakeDay(2016, 6, 20);
  ExpectEqualToIssue(Knowledge::Archive(history), history.KnownAt(day), day);
}

TEST(IssuePass, SoTheyDoFromWhatWasKnownOperationally) {
  const forecast::VintageHistory vintages = testing::SmallVintages(testing::SmallHistory());
  const base::LocalDay day = base::MakeDay(2016, 6, 20);
  ExpectEqualToIssue(Knowledge::Operational(vintages), vintages.KnownAt(day), day);
}

// A segment whose every row says the same.
Segment ConstantSegment(std::size_t rows) {
  Segment segment;
  segment.model_ids = {"m"};
  Segment::Row row;
  row.model = 0;
  for (std::size_t k = 0; k < row.distribution.quantiles.size(); ++k) {
    row.distribution.quantiles[k] = -5 + static_cast<float>(k);
  }
  segment.rows.assign(rows, row);
  return segment;
}

TEST(IssuePass, QuantilesLearnFromADayOnceItIsKnownAndNotBefore) {
  const features::SiteHistory history = testing::SmallHistory();
  BacktestOptions options = testing::SmallOptions();
  options.to = options.from + std::chrono::days(5);
  for (const int horizon : {1, 3}) {
    const Knowledge knowledge = Knowledge::Archive(history);
    const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
    std::map<base::LocalDay, float> p90;
    IssuePass pass(knowledge, rows, horizon, [&](const GivenForecast& one) {
      p90[one.issue_day] = one.forecast.concentration.quantiles[model::kP90];
    });
    const Origin origin = Origins(options).front();
    pass.Issue(origin,
               ConstantSegment(rows.IssuedBetween(origin.day, origin.last_issue_day).size()));
    // Everything measured lies above: once the first day is verified, the quantile goes up.
    const base::LocalDay learns = options.from + std::chrono::days(horizon);
    for (const auto& [day, value] : p90) {
      if (day < learns) {
        EXPECT_EQ(value, 4) << horizon;
      } else {
        EXPECT_GT(value, 4) << horizon;
      }
    }
    ASSERT_EQ(p90.size(), 6U);
  }
}

// What the quantiles have learnt when the forecasts of `day` are given out.
forecast::OnlineCalibration LearntBy(const Knowledge& knowledge, base::LocalDay day, int horizon) {
  BacktestOptions options = testing::SmallOptions();
  options.to = day;
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  IssuePass pass(knowledge, rows, horizon, [](const GivenForecast&) {});
  for (const Origin& origin : Origins(options)) {
    pass.Issue(origin,
               ConstantSegment(rows.IssuedBetween(origin.day, origin.last_issue_day).size()));
  }
  return pass.calibration();
}

// Rows of every level of AQI, some near what is measured.
Segment VariedSegment(std::size_t rows) {
  Segment segment = ConstantSegment(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    model::Distribution& said = segment.rows[i].distribution;
    said.mean = static_cast<float>(i * 7 % 60);
    for (float& quantile : said.quantiles) quantile += said.mean;
  }
  return segment;
}

TEST(IssuePass, AnIssueLearnsFromWhatTheStoreKeptAsTheBacktestDid) {
  const features::SiteHistory history = testing::SmallHistory();
  const Knowledge knowledge = Knowledge::Archive(history);
  BacktestOptions options = testing::SmallOptions();
  options.to = base::MakeDay(2016, 5, 20);
  const PollutantRows rows = BuildPollutantRows(knowledge, Pollutant::kPm25, options);
  for (const int horizon : {1, 3}) {
    std::map<base::LocalDay, std::vector<airquality::IssuedForecast>> by_valid_day;
    IssuePass pass(knowledge, rows, horizon, [&](const GivenForecast& one) {
      const auto& quantiles = one.forecast.concentration.quantiles;
      by_valid_day[one.issue_day + std::chrono::days(horizon)].push_back(
          {.site = one.site,
           .pollutant = Pollutant::kPm25,
           .issue_day = one.issue_day,
           .horizon_days = horizon,
           .issued_at = {},
           .model_id = {},
           .mean = one.forecast.concentration.mean,
           .p10 = quantiles[model::kP10],
           .p50 = quantiles[model::kP50],
           .p90 = quantiles[model::kP90],
           .probability_over_100 = one.forecast.probability_over_100});
    });
    for (const Origin& origin : Origins(options)) {
      pass.Issue(origin,
                 VariedSegment(rows.IssuedBetween(origin.day, origin.last_issue_day).size()));
    }
    forecast::testing::ListedForecasts store;
    for (const auto& [day, forecasts] : by_valid_day) ASSERT_TRUE(store.Put(forecasts).ok());
    const auto learnt = forecast::LearnFromIssued(store, history, options.to);
    ASSERT_TRUE(learnt.ok());
    EXPECT_EQ((*learnt)[static_cast<std::size_t>(airquality::Index(Pollutant::kPm25))]
                       [static_cast<std::size_t>(horizon - 1)],
              pass.calibration());
    EXPECT_NE(pass.calibration(), forecast::OnlineCalibration(Pollutant::kPm25));
  }
}

TEST(IssuePass, QuantilesLearnNothingFromDaysAfterTheIssue) {
  const features::SiteHistory history = testing::SmallHistory();
  const base::LocalDay day = base::MakeDay(2016, 5, 20);
  for (const int horizon : {1, 3}) {
    const forecast::OnlineCalibration learnt = LearntBy(Knowledge::Archive(history), day, horizon);
    EXPECT_NE(learnt, forecast::OnlineCalibration(Pollutant::kPm25));
    for (const features::testing::FutureChange change : features::testing::kFutureChanges) {
      const features::SiteHistory later = features::testing::ChangeFuture(history, day, change);
      EXPECT_EQ(LearntBy(Knowledge::Archive(later), day, horizon), learnt);
      const features::SiteHistory earlier =
          features::testing::ChangeFuture(history, day - std::chrono::days(1), change);
      EXPECT_NE(LearntBy(Knowledge::Archive(earlier), day, horizon), learnt)
          << "the last verified day counts";
    }
  }
}

TEST(IssuePass, QuantilesLearnNothingOperationallyFromWhatIsNotKnownYet) {
  const forecast::VintageHistory vintages = testing::SmallVintages(testing::SmallHistory());
  const base::LocalDay day = base::MakeDay(2016, 5, 20);
  const forecast::OnlineCalibration learnt = LearntBy(Knowledge::Operational(vintages), day, 1);
  EXPECT_NE(learnt, forecast::OnlineCalibration(Pollutant::kPm25));
  for (const features::testing::FutureChange change : features::testing::kFutureChanges) {
    const forecast::VintageHistory later = testing::ChangeUnknown(vintages, day, change);
    EXPECT_EQ(LearntBy(Knowledge::Operational(later), day, 1), learnt);
    const forecast::VintageHistory earlier =
        testing::ChangeUnknown(vintages, day - std::chrono::days(1), change);
    EXPECT_NE(LearntBy(Knowledge::Operational(earlier), day, 1), learnt)
        << "what came to be known last counts";
  }
}

}  // namespace
}  // namespace geoclimate::backtest
