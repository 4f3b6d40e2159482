#include "geoclimate/base/day.h"

#include <gtest/gtest.h>

namespace geoclimate::base {
namespace {

using std::chrono::days;
using std::chrono::hours;

TEST(Day, ParsesWhatItFormats) {
  for (int number = -20000; number < 40000; number += 17) {
    const LocalDay day = DayFromNumber(number);
    const Result<LocalDay> parsed = ParseDay(FormatDay(day));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, day);
  }
}

TEST(Day, RefusesDaysThatDoNotExist) {
  for (const char* text : {"2019-02-29", "2020-13-01", "2020-00-10", "2020-1-1", "01/02/2020", "",
                           "2020-12-3x", "2020-12-311"}) {
    EXPECT_FALSE(ParseDay(text).ok()) << text;
  }
  EXPECT_TRUE(ParseDay("2020-02-29").ok());
}

TEST(Day, BeginsAtMidnightOfLocalStandardTime) {
  const LocalDay day = MakeDay(2020, 12, 31);
  EXPECT_EQ(FormatTimestamp(DayStart(day, hours(-5))), "2020-12-31T05:00:00Z");
  EXPECT_EQ(FormatTimestamp(DayStart(day, hours(10))), "2020-12-30T14:00:00Z");
  EXPECT_EQ(DayOf(DayStart(day, hours(-5)), hours(-5)), day);
  EXPECT_EQ(DayOf(DayStart(day, hours(-5)) - std::chrono::seconds(1), hours(-5)), day - days(1));
}

TEST(Timestamp, ParsesWhatItFormatsAndRefusesTheRest) {
  EXPECT_EQ(FormatTimestamp(*ParseTimestamp("1999-01-03T23:59:59Z")), "1999-01-03T23:59:59Z");
  for (const char* text : {"1999-01-03", "1999-01-03T24:00:00Z", "1999-01-03T23:60:00Z",
                           "1999-02-30T00:00:00Z", "1999-01-03 23:59:59Z"}) {
    EXPECT_FALSE(ParseTimestamp(text).ok()) << text;
  }
}

}  // namespace
}  // namespace geoclimate::base
