#include "geoclimate/inference/scoring_cost.h"

#include <chrono>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/stump.h"

namespace geoclimate::inference {
namespace {

using std::chrono::nanoseconds;

TEST(ScoringCost, AScoredBatchCostsItsFirstRowMore) {
  const ScoringCost cost{.one_row = nanoseconds(10), .batch_row = nanoseconds(3)};
  EXPECT_EQ(cost.Of(0), nanoseconds(0));
  EXPECT_EQ(cost.Of(1), nanoseconds(10));
  EXPECT_EQ(cost.Of(101), nanoseconds(310));
}

TEST(ScoringCost, IsMeasuredAboveZero) {
  const base::SystemClock clock;
  const auto cost = MeasureScoringCost(*Stump(), clock);
  ASSERT_TRUE(cost.ok());
  EXPECT_GT(cost->one_row, nanoseconds(0));
}

}  // namespace
}  // namespace geoclimate::inference
