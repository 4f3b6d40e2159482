#include "geoclimate/training/fallback.h"

#include <gtest/gtest.h>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

TEST(FitFallback, FindsTheDampingAndASpreadThatHolds) {
  testing::SyntheticRows rows({.days = 60, .signal = 0, .noise = 2});
  const auto fallback = FitFallback(rows.View());
  ASSERT_TRUE(fallback.ok()) << fallback.error().ToString();
  EXPECT_TRUE(fallback->members.empty());
  EXPECT_NEAR(fallback->baseline.rho, 0.6, 0.1);
  int inside = 0;
  for (std::size_t row = 0; row < rows.targets.size(); ++row) {
    const model::Distribution distribution = fallback->Combine(rows.features.Row(row), {});
    inside += rows.targets[row] >= distribution.quantiles[model::kP10] &&
              rows.targets[row] <= distribution.quantiles[model::kP90];
  }
  EXPECT_NEAR(static_cast<double>(inside) / static_cast<double>(rows.targets.size()), 0.8, 0.03);
}

TEST(FitFallback, RefusesAHandfulOfRows) {
  testing::SyntheticRows rows({.days = 5, .rows_per_day = 5});
  const auto fallback = FitFallback(rows.View());
  ASSERT_FALSE(fallback.ok());
  EXPECT_EQ(fallback.error().code(), base::ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace geoclimate::training
