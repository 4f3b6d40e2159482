#include "geoclimate/model/spread.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace geoclimate::model {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Spread, GrowsWithTheMeanOnEitherSideOfZero) {
  const Spread spread = {.floor = 1, .slope = 0.5, .trees = {}};
  EXPECT_EQ(spread.At(0, 0), 1);
  EXPECT_EQ(spread.At(10, 0), 6);
  EXPECT_EQ(spread.At(-10, 0), 6);
}

TEST(Spread, AScoreMultipliesIt) {
  const Spread spread = {.floor = 2, .slope = 0, .trees = {}};
  EXPECT_DOUBLE_EQ(spread.At(5, std::log(3.0)), 6);
  EXPECT_DOUBLE_EQ(spread.At(5, -std::log(4.0)), 0.5);
}

TEST(Spread, AScoreOutOfAllMeasureIsHeldToTheLargest) {
  const Spread spread = {.floor = 2, .slope = 0, .trees = {}};
  EXPECT_EQ(spread.At(5, 1e30), spread.At(5, Spread::kMaxScore));
  EXPECT_EQ(spread.At(5, -std::numeric_limits<double>::infinity()),
            spread.At(5, -Spread::kMaxScore));
}

TEST(Spread, AMissingMeanHasNoneAndAMissingScoreSaysNothing) {
  const Spread spread = {.floor = 2, .slope = 1, .trees = {}};
  EXPECT_TRUE(std::isnan(spread.At(kNan, 0.5)));
  EXPECT_EQ(spread.At(3, kNan), 5);
}

}  // namespace
}  // namespace geoclimate::model
