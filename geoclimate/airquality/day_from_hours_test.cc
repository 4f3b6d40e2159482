#include "geoclimate/airquality/day_from_hours.h"

#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

Concentration Value(double value) {
  return Concentration::FromDouble(value);
}

// All 38 hours the same.
DayHours Flat(double value) {
  DayHours hours;
  hours.fill(Value(value));
  return hours;
}

std::optional<Concentration>& At(DayHours& hours, int hour_of_day) {
  return hours[static_cast<std::size_t>(hour_of_day + 7)];
}

TEST(DayFromHours, TheMeanIsOfTheDaysOwnHours) {
  DayHours hours = Flat(1000);
  for (int i = 0; i < 24; ++i) At(hours, i) = Value(i);
  const auto day = DayFromHours(Pollutant::kPm25, Statistic::kMean, hours);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->value, Value(11.5));
  EXPECT_EQ(day->completeness, 100);
}

TEST(DayFromHours, ThreeQuartersOfTheHoursAreADay) {
  DayHours hours = Flat(8);
  for (int i = 0; i < 6; ++i) At(hours, i).reset();
  const auto day = DayFromHours(Pollutant::kPm10, Statistic::kMean, hours);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->value, Value(8));
  EXPECT_EQ(day->completeness, 75);
  At(hours, 20).reset();
  EXPECT_FALSE(DayFromHours(Pollutant::kPm10, Statistic::kMean, hours));
  EXPECT_FALSE(DayFromHours(Pollutant::kNo2, Statistic::kMax1Hour, hours));
  EXPECT_FALSE(DayFromHours(Pollutant::kPm25, Statistic::kMean, DayHours()));
}

TEST(DayFromHours, NegativeHoursCountAsTheyAre) {
  DayHours hours = Flat(-1);
  At(hours, 3) = Value(23);
  EXPECT_EQ(DayFromHours(Pollutant::kPm25, Statistic::kMean, hours)->value, Value(0));
}

TEST(DayFromHours, TheHighestHourIsOfTheDay) {
  DayHours hours = Flat(10);
  At(hours, -1) = Value(90);
  At(hours, 24) = Value(80);
  At(hours, 0) = Value(12);
  EXPECT_EQ(DayFromHours(Pollutant::kNo2, Statistic::kMax1Hour, hours)->value, Value(12));
  At(hours, 23) = Value(30);
  EXPECT_EQ(DayFromHours(Pollutant::kSo2, Statistic::kMax1Hour, hours)->value, Value(30));
}

TEST(DayFromHours, OzoneWindowsBeginFromSevenToElevenAtNight) {
  DayHours hours = Flat(0.040);
  for (int i = 0; i < 7; ++i) At(hours, i) = Value(0.400);
  EXPECT_EQ(DayFromHours(Pollutant::kO3, Statistic::kMax8Hour, hours)->value, Value(0.040))
      << "the night before 07:00 belongs to the day before";
  for (int i = 23; i < 31; ++i) At(hours, i) = Value(0.080);
  const auto day = DayFromHours(Pollutant::kO3, Statistic::kMax8Hour, hours);
  EXPECT_EQ(day->value, Value(0.080)) << "23:00 to 07:00 is a window of this day";
  EXPECT_EQ(day->completeness, 100);
}

TEST(DayFromHours, OzoneNeedsThirteenOfItsSeventeenMeans) {
  DayHours hours = Flat(0.040);
  // Windows that begin at 21, 22 and 23 have fewer than six hours without 26 to 30, that of 20 has
  // six.
  for (int i = 26; i < 31; ++i) At(hours, i).reset();
  const auto day = DayFromHours(Pollutant::kO3, Statistic::kMax8Hour, hours);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->completeness, 14 * 100 / 17);
  At(hours, 25).reset();
  EXPECT_EQ(DayFromHours(Pollutant::kO3, Statistic::kMax8Hour, hours)->completeness, 13 * 100 / 17);
  At(hours, 24).reset();
  EXPECT_FALSE(DayFromHours(Pollutant::kO3, Statistic::kMax8Hour, hours));
}

TEST(DayFromHours, CarbonMonoxideWindowsEndWithinTheDay) {
  DayHours hours = Flat(1);
  for (int i = -7; i < 1; ++i) At(hours, i) = Value(9);
  EXPECT_EQ(DayFromHours(Pollutant::kCo, Statistic::kMax8Hour, hours)->value, Value(9))
      << "17:00 to 00:59";
  hours = Flat(1);
  for (int i = 17; i < 25; ++i) At(hours, i) = Value(9);
  EXPECT_EQ(DayFromHours(Pollutant::kCo, Statistic::kMax8Hour, hours)->value, Value(8))
      << "17:00 to 00:59 of the next day does not end within the day";
}

TEST(DayFromHours, AWindowOfEightIsTheMeanOfWhatItHas) {
  DayHours hours;
  for (int i = 0; i < 24; ++i) At(hours, i) = Value(i % 8 < 6 ? 0.030 : 0.0);
  for (int i = 0; i < 24; ++i) {
    if (i % 8 >= 6) At(hours, i).reset();
  }
  // Six of eight hours are enough, so those that begin at 18:00 and later have too few without the
  // day before.
  const auto day = DayFromHours(Pollutant::kCo, Statistic::kMax8Hour, hours);
  ASSERT_TRUE(day);
  EXPECT_EQ(day->value, Value(0.030));
  EXPECT_EQ(day->completeness, 19 * 100 / 24);
  At(hours, 0).reset();
  At(hours, 8).reset();
  EXPECT_FALSE(DayFromHours(Pollutant::kCo, Statistic::kMax8Hour, hours));
}

TEST(DayFromHours, EachPollutantHasItsStatisticsAndTheirLength) {
  using std::chrono::hours;
  EXPECT_EQ(HourlyStatistics(Pollutant::kPm25).size(), 1U);
  EXPECT_EQ(HourlyStatistics(Pollutant::kO3).size(), 2U);
  EXPECT_EQ(HourlyStatistics(Pollutant::kNo2)[0], Statistic::kMax1Hour);
  EXPECT_EQ(DayLength(Pollutant::kO3, Statistic::kMax8Hour), hours(31));
  EXPECT_EQ(DayLength(Pollutant::kO3, Statistic::kMax1Hour), hours(24));
  for (const Pollutant pollutant : kPollutants) {
    EXPECT_EQ(HourlyStatistics(pollutant)[0], DailyStatistic(pollutant));
  }
}

}  // namespace
}  // namespace geoclimate::airquality
