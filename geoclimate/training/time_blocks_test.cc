#include "geoclimate/training/time_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace geoclimate::training {
namespace {

std::vector<base::LocalDay> Days(int days, int rows_per_day) {
  std::vector<base::LocalDay> rows;
  for (int day = 0; day < days; ++day) {
    rows.insert(rows.end(), static_cast<std::size_t>(rows_per_day),
                base::MakeDay(2020, 1, 1) + std::chrono::days(day));
  }
  return rows;
}

TEST(TimeBlocks, EveryValidDayLiesBeforeTheNextBlocksFirstOrigin) {
  const std::vector<base::LocalDay> days = Days(100, 7);
  for (const int horizon : {1, 2, 3}) {
    const auto blocks = SplitIntoBlocks(days, horizon, {.min_rows = 1});
    ASSERT_TRUE(blocks.ok());
    EXPECT_EQ(blocks->fit.begin, 0u);
    EXPECT_LT(days[blocks->fit.end - 1] + std::chrono::days(horizon),
              days[blocks->calibrate.begin]);
    EXPECT_LT(days[blocks->calibrate.end - 1] + std::chrono::days(horizon),
              days[blocks->evaluate.begin]);
    EXPECT_EQ(blocks->evaluate.end, days.size());
  }
}

TEST(TimeBlocks, SharesAreOfRowsNotOfDays) {
  // Ten times as many rows a day in the second half.
  std::vector<base::LocalDay> days = Days(100, 1);
  for (int day = 100; day < 200; ++day) {
    days.insert(days.end(), 10, base::MakeDay(2020, 1, 1) + std::chrono::days(day));
  }
  const auto blocks =
      SplitIntoBlocks(days, 1, {.calibrate_share = 0.25, .evaluate_share = 0.25, .min_rows = 1});
  ASSERT_TRUE(blocks.ok());
  EXPECT_NEAR(static_cast<double>(blocks->evaluate.size()) / static_cast<double>(days.size()), 0.25,
              0.02);
}

TEST(TimeBlocks, ADayIsNeverSplit) {
  const std::vector<base::LocalDay> days = Days(10, 33);
  const auto blocks =
      SplitIntoBlocks(days, 1, {.calibrate_share = 0.37, .evaluate_share = 0.21, .min_rows = 1});
  ASSERT_TRUE(blocks.ok());
  for (const RowRange& block : {blocks->fit, blocks->calibrate, blocks->evaluate}) {
    EXPECT_EQ(block.begin % 33, 0u);
    EXPECT_EQ(block.end % 33, 0u);
  }
}

TEST(TimeBlocks, ABlockThatIsTooSmallIsNamed) {
  const auto blocks = SplitIntoBlocks(Days(100, 1), 1, {.min_rows = 50});
  ASSERT_FALSE(blocks.ok());
  EXPECT_EQ(blocks.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(blocks.error().message(), ::testing::HasSubstr("calibrate block"));
  EXPECT_FALSE(SplitIntoBlocks({}, 1, {}).ok());
}

TEST(TimeBlocks, RowsOfOneDayAreTooFew) {
  EXPECT_FALSE(SplitIntoBlocks(Days(1, 1000), 1, {}).ok());
}

}  // namespace
}  // namespace geoclimate::training
