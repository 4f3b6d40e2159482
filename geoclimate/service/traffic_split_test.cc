#include "geoclimate/service/traffic_split.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::service {
namespace {

using Arm = TrafficSplit::Arm;
using Outcome = ArmStats::Outcome;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;

int CanariesOf(const TrafficSplit& split, int keys) {
  int canaries = 0;
  for (int i = 0; i < keys; ++i) {
    if (split.ArmOf("key " + std::to_string(i)) == Arm::kCanary) ++canaries;
  }
  return canaries;
}

void Serve(TrafficSplit& split, Arm arm, int requests, int failed, microseconds latency) {
  for (int i = 0; i < requests; ++i) {
    split.stats(arm).Count(i < failed ? Outcome::kFailed : Outcome::kSucceeded);
    split.stats(arm).Observe(latency);
  }
}

TEST(TrafficSplit, GivesTheCanaryItsShareOfTheKeys) {
  EXPECT_EQ(CanariesOf(TrafficSplit("m_v2", 0), 10'000), 0);
  EXPECT_EQ(CanariesOf(TrafficSplit("m_v2", 1), 10'000), 10'000);
  // Within five standard errors.
  EXPECT_NEAR(CanariesOf(TrafficSplit("m_v2", 0.1), 10'000), 1000, 150);
}

TEST(TrafficSplit, AKeyStaysWithItsArmAndALargerShareKeepsTheKeysOfASmaller) {
  const TrafficSplit small("m_v2", 0.1);
  const TrafficSplit large("m_v2", 0.3);
  const TrafficSplit other("m_v3", 0.1);
  int common = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "site " + std::to_string(i);
    EXPECT_EQ(small.ArmOf(key), TrafficSplit("m_v2", 0.1).ArmOf(key));
    if (small.ArmOf(key) != Arm::kCanary) continue;
    EXPECT_EQ(large.ArmOf(key), Arm::kCanary);
    if (other.ArmOf(key) == Arm::kCanary) ++common;
  }
  EXPECT_LT(common, 100) << "another canary should not try the same callers";
}

TEST(TrafficSplit, CondemnsACanaryThatFailsMoreOftenThanProduction) {
  TrafficSplit split("m_v2", 0.1);
  Serve(split, Arm::kProduction, 2000, 20, microseconds(10));
  Serve(split, Arm::kCanary, 199, 199, microseconds(10));
  EXPECT_FALSE(split.Verdict({}).has_value()) << "too few to say";
  Serve(split, Arm::kCanary, 1, 1, microseconds(10));
  EXPECT_THAT(split.Verdict({}).value_or(""), HasSubstr("100.0 % of 200 requests failed"));
}

TEST(TrafficSplit, DoesNotCondemnForWhatBothDoOrForChance) {
  TrafficSplit both("m_v2", 0.5);
  Serve(both, Arm::kProduction, 1000, 500, microseconds(10));
  Serve(both, Arm::kCanary, 1000, 500, microseconds(10));
  EXPECT_FALSE(both.Verdict({}).has_value());
  TrafficSplit chance("m_v2", 0.5);
  Serve(chance, Arm::kProduction, 300, 24, microseconds(10));
  Serve(chance, Arm::kCanary, 300, 33, microseconds(10));  // 3 % more, 1.3 standard errors
  EXPECT_FALSE(chance.Verdict({}).has_value());
}

TEST(TrafficSplit, CondemnsACanaryWithAllTheTrafficByItsErrorsAlone) {
  TrafficSplit split("m_v2", 1);
  Serve(split, Arm::kCanary, 300, 150, milliseconds(5));
  EXPECT_THAT(split.Verdict({}).value_or(""), HasSubstr("50.0 %"));
}

TEST(TrafficSplit, CondemnsACanaryThatIsMuchSlower) {
  TrafficSplit split("m_v2", 0.5);
  Serve(split, Arm::kProduction, 300, 0, microseconds(200));
  Serve(split, Arm::kCanary, 300, 0, microseconds(300));
  EXPECT_FALSE(split.Verdict({}).has_value());
  Serve(split, Arm::kCanary, 300, 0, milliseconds(3));
  EXPECT_THAT(split.Verdict({}).value_or(""), HasSubstr("95th percentile"));
}

TEST(TrafficSplit, DoesNotCondemnForMicroseconds) {
  TrafficSplit split("m_v2", 0.5);
  Serve(split, Arm::kProduction, 300, 0, microseconds(1));
  Serve(split, Arm::kCanary, 300, 0, microseconds(20));
  EXPECT_FALSE(split.Verdict({}).has_value());
}

TEST(ArmStats, FindsAQuantileWithinItsBucket) {
  ArmStats stats;
  EXPECT_EQ(stats.LatencyAt(0.95).count(), 0);
  for (int i = 1; i <= 1000; ++i) stats.Observe(microseconds(i));
  const double p95 = std::chrono::duration<double, std::micro>(stats.LatencyAt(0.95)).count();
  EXPECT_GE(p95, 950 / 1.2);
  EXPECT_LE(p95, 950 * 1.2);
  EXPECT_GE(stats.LatencyAt(1), stats.LatencyAt(0.5));
}

TEST(CanaryOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(CanaryOptions().Validate().ok());
  EXPECT_FALSE((CanaryOptions{.min_requests = 0}).Validate().ok());
  EXPECT_FALSE((CanaryOptions{.max_error_increase = -1}).Validate().ok());
  EXPECT_FALSE((CanaryOptions{.max_latency_ratio = 0.5}).Validate().ok());
}

}  // namespace
}  // namespace geoclimate::service
