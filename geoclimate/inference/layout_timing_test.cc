#include "geoclimate/inference/layout_timing.h"

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

using std::chrono::microseconds;

class BlockFromTest : public ::testing::Test {
 protected:
  std::size_t From(int walk_us_a_row, int block_us, int block_us_over_16) {
    return BlockFrom([&](std::size_t rows) { clock_.Advance(microseconds(walk_us_a_row) * rows); },
                     [&](std::size_t rows) {
                       clock_.Advance(microseconds(rows <= 16 ? block_us : block_us_over_16));
                     },
                     clock_);
  }

  base::FakeClock clock_{base::Timestamp{}};
};

TEST_F(BlockFromTest, IsTheFirstNumberOfRowsThatWalkTakesLongerFor) {
  EXPECT_EQ(From(2, 11, 11), 6U);
  EXPECT_EQ(From(2, 12, 12), 7U);
}

TEST_F(BlockFromTest, IsOneForABlockThatTakesLessThanOneRow) {
  EXPECT_EQ(From(20, 11, 11), 1U);
}

TEST_F(BlockFromTest, AsksWhatALargerBlockTakesWhereASmallOneLoses) {
  EXPECT_EQ(From(1, 16, 20), 21U);
  EXPECT_EQ(From(1, 17, 10), 17U);
  EXPECT_EQ(From(1, 60, 60), 61U);
}

TEST_F(BlockFromTest, IsBeyondABlockWhereTheWalkAlwaysWins) {
  EXPECT_EQ(From(1, 64, 64), 65U);
}

TEST_F(BlockFromTest, TakesTheWalkWhereTheClockIsTooCoarseToTell) {
  EXPECT_EQ(From(0, 0, 0), 65U);
  EXPECT_EQ(From(0, 1, 1), 65U);
}

TEST(IsQuicker, ComparesTheTimesOfTheSameRows) {
  base::FakeClock clock{base::Timestamp{}};
  const auto taking = [&](int us) {
    return [&clock, us](std::size_t rows) { clock.Advance(microseconds(us) * rows); };
  };
  EXPECT_TRUE(IsQuicker(taking(2), taking(3), clock));
  EXPECT_FALSE(IsQuicker(taking(3), taking(3), clock));
  EXPECT_FALSE(IsQuicker(taking(4), taking(3), clock));
}

}  // namespace
}  // namespace geoclimate::inference
