#include "geoclimate/access/key_lifetime.h"

#include <gtest/gtest.h>

#include <chrono>

namespace geoclimate::access {
namespace {

constexpr base::Timestamp kNow{std::chrono::hours(500'000)};

TEST(ParseEnd, TakesSpansAndTimes) {
  EXPECT_EQ(*ParseEnd("90d", kNow), kNow + std::chrono::days(90));
  EXPECT_EQ(*ParseEnd("12h", kNow), kNow + std::chrono::hours(12));
  EXPECT_EQ(*ParseEnd("0m", kNow), kNow);
  EXPECT_EQ(*ParseEnd("36525d", kNow), kNow + std::chrono::days(36'525));
  EXPECT_EQ(*ParseEnd("2030-01-01T00:00:00Z", kNow),
            base::Timestamp(std::chrono::sys_days(std::chrono::year(2030) / 1 / 1)));
}

TEST(ParseEnd, RefusesOtherTextsAndTheFarAway) {
  for (const std::string_view text : {"", "d", "90", "-1d", "1w", "1.5d", "90 d", "2030-01-01",
                                      "36526d", "4000000000d", "2000-01-01T00:00:00Z"}) {
    EXPECT_FALSE(ParseEnd(text, kNow).ok()) << text;
  }
}

}  // namespace
}  // namespace geoclimate::access
