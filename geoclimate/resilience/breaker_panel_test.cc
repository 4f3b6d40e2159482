#include "geoclimate/resilience/breaker_panel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::resilience {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(BreakerPanel, ShowsEachBreakersStateAndItsMetrics) {
  base::FakeClock clock{base::Timestamp(seconds(9))};
  telemetry::MetricRegistry metrics;
  BreakerPanel panel(clock, metrics);
  CircuitBreaker& database = panel.Add("database", {});
  CircuitBreaker& sources = panel.Add("sources", {.min_calls = 2, .open_time = seconds(30)});
  database.TryAcquire()->Succeeded();
  sources.TryAcquire()->Failed();
  sources.TryAcquire()->Failed();
  EXPECT_FALSE(sources.TryAcquire().has_value());

  const std::vector<BreakerReading> readings = panel.Read();
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_EQ(readings[0].name, "database");
  EXPECT_EQ(readings[0].state, BreakerState::kClosed);
  EXPECT_EQ(readings[0].counts.calls, 1U);
  EXPECT_EQ(readings[1].name, "sources");
  EXPECT_EQ(readings[1].state, BreakerState::kOpen);
  EXPECT_EQ(readings[1].counts.failed, 2U);
  EXPECT_EQ(readings[1].refused, 1U);
  EXPECT_EQ(readings[1].until_probe, seconds(30));

  std::string text;
  metrics.Render(telemetry::Exposition::kPrometheus, text);
  EXPECT_THAT(text, HasSubstr(R"(circuit_breaker_state{name="database"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(circuit_breaker_state{name="sources"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(circuit_breaker_transitions_total{name="sources",to="open"} 1)"));
}

TEST(BreakerPanelDeathTest, RefusesTwoBreakersOfOneName) {
  base::FakeClock clock{base::Timestamp(seconds(9))};
  telemetry::MetricRegistry metrics;
  BreakerPanel panel(clock, metrics);
  panel.Add("redis", {});
  EXPECT_DEATH(panel.Add("redis", {}), "two breakers of one name");
}

}  // namespace
}  // namespace geoclimate::resilience
