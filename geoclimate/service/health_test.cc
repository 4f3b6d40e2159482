#include "geoclimate/service/health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/service/testing/example_table.h"
#include "geoclimate/service/testing/platform.h"
#include "geoclimate/service/testing/troubled_store.h"

namespace geoclimate::service {
namespace {

using ::testing::HasSubstr;

const ComponentHealth& Component(const HealthReport& report, std::string_view name) {
  for (const ComponentHealth& component : report.components) {
    if (component.name == name) return component;
  }
  ADD_FAILURE() << name << " is not reported";
  return report.components.front();
}

TEST(Health, IsHealthyWithAModelATableAndADatabase) {
  TestPlatform platform;
  platform.PromoteForecaster(airquality::Pollutant::kPm25, 1);
  platform.AddPm25(ExampleSite(1), base::MakeDay(2020, 12, 31), 5);
  PublishExampleTable(platform, ExampleTable(base::MakeDay(2020, 12, 31), 2));
  const auto models =
      *Models::Start(platform.registry.get(), {}, {}, platform.metrics, platform.clock);
  const auto forecasts = *Forecasts::Start(*platform.tables, *platform.stores.observations,
                                           platform.clock, platform.metrics, {});
  const Health health("1.2.3", *models, forecasts.get(), platform.clock);
  platform.clock.Advance(std::chrono::seconds(7));
  const HealthReport report = health.Check();
  EXPECT_EQ(report.status, HealthStatus::kHealthy);
  EXPECT_EQ(report.version, "1.2.3");
  EXPECT_EQ(report.uptime, std::chrono::seconds(7));
  EXPECT_EQ(report.components.size(), 3U);
  EXPECT_THAT(Component(report, "forecasts").detail, HasSubstr("2 sites as of 2020-12-31"));
  EXPECT_THAT(Component(report, "database").detail, HasSubstr("2020-12-31"));
  EXPECT_EQ(health.models_available(), 1U);
}

TEST(Health, IsDegradedWithoutAModelOrATable) {
  TestPlatform platform;
  const auto models =
      *Models::Start(platform.registry.get(), {}, {}, platform.metrics, platform.clock);
  const auto forecasts = *Forecasts::Start(*platform.tables, *platform.stores.observations,
                                           platform.clock, platform.metrics, {});
  const Health health("1", *models, forecasts.get(), platform.clock);
  const HealthReport report = health.Check();
  EXPECT_EQ(report.status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(report, "models").status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(report, "forecasts").status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(report, "database").status, HealthStatus::kHealthy);
}

TEST(Health, ADatabaseThatFailsOrHangsIsDegraded) {
  TestPlatform platform;
  bool fails = false;
  TroubledStore store(*platform.stores.observations, [&fails] {
    return fails ? base::Result<void>(base::Unavailable("no route")) : base::Result<void>();
  });
  const auto models =
      *Models::Start(platform.registry.get(), {}, {}, platform.metrics, platform.clock);
  ForecastsOptions options;
  options.watch_interval = std::chrono::hours(1);
  const auto forecasts =
      *Forecasts::Start(*platform.tables, store, platform.clock, platform.metrics, options);
  const Health health("1", *models, forecasts.get(), platform.clock);
  EXPECT_EQ(Component(health.Check(), "database").status, HealthStatus::kHealthy);
  fails = true;
  forecasts->Refresh();
  EXPECT_EQ(Component(health.Check(), "database").status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(health.Check(), "database").detail, "no route");
  fails = false;
  forecasts->Refresh();
  EXPECT_EQ(Component(health.Check(), "database").status, HealthStatus::kHealthy);
  platform.clock.Advance(std::chrono::seconds(11));
  EXPECT_EQ(Component(health.Check(), "database").status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(health.Check(), "database").detail, "it has not answered for 11 s");
}

TEST(Health, ABreakerThatIsNotClosedIsNamedAndDegrades) {
  TestPlatform platform;
  resilience::BreakerPanel breakers(platform.clock, platform.metrics);
  resilience::CircuitBreaker& redis = breakers.Add("redis", {.min_calls = 2});
  breakers.Add("storage", {});
  const auto models =
      *Models::Start(platform.registry.get(), {}, {}, platform.metrics, platform.clock);
  const Health health("1", *models, nullptr, platform.clock, &breakers);
  EXPECT_EQ(Component(health.Check(), "breaker.redis").status, HealthStatus::kHealthy);
  redis.TryAcquire()->Failed();
  redis.TryAcquire()->Failed();
  EXPECT_FALSE(redis.TryAcquire().has_value());
  const HealthReport report = health.Check();
  EXPECT_EQ(report.status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(report, "breaker.redis").status, HealthStatus::kDegraded);
  EXPECT_EQ(Component(report, "breaker.redis").detail,
            "open, 2 of the latest 2 calls failed, 0 slow, 1 refused, tried again in 30 s");
  EXPECT_EQ(Component(report, "breaker.storage").status, HealthStatus::kHealthy);
  EXPECT_EQ(health.Breakers().size(), 2U);
}

}  // namespace
}  // namespace geoclimate::service
