#include "geoclimate/backtest/backtest_options.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "geoclimate/backtest/testing/small_backtest.h"

namespace geoclimate::backtest {
namespace {

using base::MakeDay;
using testing::SmallOptions;

TEST(Origins, StandEveryRefitFromTheFirstDayAndCoverEachDayOnce) {
  BacktestOptions options = SmallOptions();
  options.from = MakeDay(2015, 1, 1);
  options.to = MakeDay(2015, 7, 1);
  options.refit_days = 90;
  const std::vector<Origin> origins = Origins(options);
  ASSERT_EQ(origins.size(), 3U);
  EXPECT_EQ(origins[0].day, MakeDay(2015, 1, 1));
  EXPECT_EQ(origins[0].last_issue_day, MakeDay(2015, 3, 31));
  EXPECT_EQ(origins[1].day, MakeDay(2015, 4, 1));
  EXPECT_EQ(origins[2].day, MakeDay(2015, 6, 30));
  EXPECT_EQ(origins[2].last_issue_day, MakeDay(2015, 7, 1));
  EXPECT_EQ(origins[2].number, 3);
}

TEST(Origins, OneDayIsOneOrigin) {
  BacktestOptions options = SmallOptions();
  options.to = options.from;
  EXPECT_EQ(Origins(options).size(), 1U);
}

TEST(BacktestOptions, WhatDoesNotHoldIsNamed) {
  const auto message = [](auto change) {
    BacktestOptions options = SmallOptions();
    change(options);
    const auto valid = options.Validate();
    return valid.ok() ? std::string() : valid.error().message();
  };
  EXPECT_EQ(message([](BacktestOptions&) {}), "");
  EXPECT_NE(message([](auto& o) { o.to = o.from - std::chrono::days(1); }).find("2016-03-01"),
            std::string::npos);
  EXPECT_NE(message([](auto& o) { o.refit_days = 0; }).find("refit is 0"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.threads = 0; }).find("threads is 0"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.horizons = {1, 4}; }).find("4 days"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.horizons = {2, 2}; }).find("twice"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.pollutants = {}; }).find("no pollutant"), std::string::npos);
  EXPECT_NE(message([](auto& o) { o.training.boost.l2 = -1; }), "");
}

TEST(DescribeSettings, TellsEverythingThatChangesAPieceAndNothingElse) {
  const std::string settings = DescribeSettings(SmallOptions());
  const auto described = [](auto change) {
    BacktestOptions options = SmallOptions();
    change(options);
    return DescribeSettings(options);
  };
  EXPECT_NE(described([](auto& o) { o.refit_days = 61; }), settings);
  EXPECT_NE(described([](auto& o) { o.training.boost.seed = 1; }), settings);
  EXPECT_NE(described([](auto& o) { o.training.leaf_scale[0] = 3; }), settings);
  EXPECT_NE(described([](auto& o) { o.training.blocks.min_rows = 1; }), settings);
  EXPECT_NE(described([](auto& o) { o.training.members.pop_back(); }), settings);
  EXPECT_EQ(described([](auto& o) { o.threads = 7; }), settings);
  EXPECT_EQ(described([](auto& o) { o.pollutants = {airquality::Pollutant::kO3}; }), settings);
}

TEST(HeldOut, TakesAboutItsShareOfTheSites) {
  int held_out = 0;
  int sites = 0;
  for (int county = 1; county <= 99; county += 2) {
    for (int number = 1; number <= 40; ++number) {
      const auto id = airquality::SiteId::Parse(fmt::format("06-{:03}-{:04}", county, number));
      ASSERT_TRUE(id.ok());
      ++sites;
      held_out += HeldOut(*id, 0.2) ? 1 : 0;
      EXPECT_FALSE(HeldOut(*id, 0));
    }
  }
  EXPECT_NEAR(static_cast<double>(held_out) / sites, 0.2, 0.03);
}

}  // namespace
}  // namespace geoclimate::backtest
