#include "geoclimate/service/forecasts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "geoclimate/service/testing/example_table.h"
#include "geoclimate/service/testing/platform.h"
#include "geoclimate/service/testing/troubled_store.h"

namespace geoclimate::service {
namespace {

using ::testing::HasSubstr;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);

class ForecastsTest : public testing::Test {
 protected:
  std::unique_ptr<Forecasts> Start(std::optional<base::LocalDay> as_of) {
    ForecastsOptions options;
    options.as_of = as_of;
    options.watch_interval = std::chrono::hours(1);
    auto forecasts = Forecasts::Start(*platform_.tables, *platform_.stores.observations,
                                      platform_.clock, platform_.metrics, options);
    EXPECT_TRUE(forecasts.ok()) << forecasts.error().ToString();
    return *std::move(forecasts);
  }
  void Publish(base::LocalDay as_of) { PublishExampleTable(platform_, ExampleTable(as_of, 3)); }
  base::Timestamp Now() const { return platform_.clock.Now(); }

  TestPlatform platform_;
};

TEST_F(ForecastsTest, WithoutATableItSaysWhyThereIsNone) {
  const auto forecasts = Start(kDay);
  EXPECT_EQ(forecasts->Current(Now()).error().code(), base::ErrorCode::kNotFound);
  EXPECT_THAT(forecasts->Current(Now()).error().message(),
              HasSubstr("as of 2020-12-31: there is no observation yet"));
  platform_.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 1), 5);
  forecasts->Refresh();
  EXPECT_THAT(forecasts->WhyNone(Now()).message(),
              HasSubstr("the newest observation is of 2020-12-01, 30 days before"));
  forecasts->ReportComputing(Forecasts::Computing::kYes, std::nullopt);
  EXPECT_EQ(forecasts->WhyNone(Now()).code(), base::ErrorCode::kUnavailable);
  forecasts->ReportComputing(Forecasts::Computing::kNo, base::FailedPrecondition("no model"));
  EXPECT_THAT(forecasts->WhyNone(Now()).message(), HasSubstr("; no model"));
}

TEST_F(ForecastsTest, ATableAsOfTheFixedDayIsCurrentForEver) {
  Publish(kDay);
  const auto forecasts = Start(kDay);
  EXPECT_TRUE(forecasts->Current(Now() + std::chrono::days(9999)).ok());
  EXPECT_EQ(forecasts->AsOf(Now() + std::chrono::days(9999)), kDay);
}

TEST_F(ForecastsTest, ATableOfAnotherDayThanTheFixedOneIsNotServed) {
  Publish(kDay);
  EXPECT_FALSE(Start(kDay + std::chrono::days(1))->Current(Now()).ok());
}

TEST_F(ForecastsTest, ByTheWallClockATableIsCurrentUntilItsLastDayIsOver) {
  Publish(kDay);
  const auto forecasts = Start(std::nullopt);
  const auto table = forecasts->Current(Now());
  ASSERT_TRUE(table.ok());
  const base::Timestamp end =
      base::DayStart(kDay + std::chrono::days(4), ExampleSite(0).utc_offset);
  EXPECT_EQ(forecasts->CurrentUntil(**table), end);
  EXPECT_TRUE(forecasts->Current(end - std::chrono::seconds(1)).ok());
  EXPECT_FALSE(forecasts->Current(end).ok());
}

TEST_F(ForecastsTest, ANewTableReachesTheSubscribers) {
  Publish(kDay);
  const auto forecasts = Start(std::nullopt);
  std::vector<std::string> digests;
  forecasts->Subscribe(
      [&digests](const SharedTable& table) { digests.push_back(table->digest()); });
  ASSERT_EQ(digests.size(), 1U);
  forecasts->Refresh();
  EXPECT_EQ(digests.size(), 1U);
  Publish(kDay + std::chrono::days(1));
  forecasts->Refresh();
  ASSERT_EQ(digests.size(), 2U);
  EXPECT_NE(digests[0], digests[1]);
  EXPECT_EQ((*forecasts->Current(Now()))->digest(), digests[1]);
}

// A table was followed only where the database answered too, and asking for the table waited for
// the look that waited for the database: with it the metrics and the health of the process.
TEST_F(ForecastsTest, ADatabaseThatIsDownKeepsNobodyFromTheTable) {
  TroubledStore store(*platform_.stores.observations,
                      [] { return base::Result<void>(base::Unavailable("down")); });
  Publish(kDay);
  const auto forecasts =
      *Forecasts::Start(*platform_.tables, store, platform_.clock, platform_.metrics, {});
  EXPECT_TRUE(forecasts->Current(Now()).ok());
  Publish(kDay + std::chrono::days(1));
  forecasts->Refresh();
  EXPECT_EQ((*forecasts->Current(Now()))->content().as_of, kDay + std::chrono::days(1));
  EXPECT_EQ(forecasts->SinceConfirmed(), std::chrono::seconds(0));
  ASSERT_TRUE(forecasts->Database().failure.has_value());
  EXPECT_EQ(forecasts->Database().failure->message(), "down");
}

TEST_F(ForecastsTest, NobodyWaitsForADatabaseThatHangs) {
  std::latch asked(1);
  std::latch answers(1);
  std::atomic<bool> hangs = false;
  TroubledStore store(*platform_.stores.observations, [&] {
    if (hangs.exchange(false)) {
      asked.count_down();
      answers.wait();
    }
    return base::Result<void>();
  });
  Publish(kDay);
  ForecastsOptions options;
  options.watch_interval = std::chrono::hours(1);
  const auto forecasts =
      *Forecasts::Start(*platform_.tables, store, platform_.clock, platform_.metrics, options);
  hangs = true;
  std::thread look([&forecasts] { forecasts->Refresh(); });
  asked.wait();
  platform_.clock.Advance(std::chrono::seconds(20));
  EXPECT_TRUE(forecasts->Current(Now()).ok());
  EXPECT_EQ(forecasts->Database().since_answer, std::chrono::seconds(20));
  std::string metrics;
  platform_.metrics.Render(telemetry::Exposition::kPrometheus, metrics);
  EXPECT_THAT(metrics, HasSubstr("forecast_age_seconds"));
  answers.count_down();
  look.join();
  EXPECT_EQ(forecasts->Database().since_answer, std::chrono::seconds(0));
}

TEST_F(ForecastsTest, TheAgeIsTheTimeSinceTheTableWasConfirmed) {
  const auto forecasts = Start(kDay);
  EXPECT_EQ(forecasts->SinceConfirmed(), std::chrono::seconds(0));
  platform_.clock.Advance(std::chrono::seconds(42));
  EXPECT_EQ(forecasts->SinceConfirmed(), std::chrono::seconds(42));
  forecasts->Refresh();
  EXPECT_EQ(forecasts->SinceConfirmed(), std::chrono::seconds(0));
}

}  // namespace
}  // namespace geoclimate::service
