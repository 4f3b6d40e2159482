#include "geoclimate/features/weather_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include "geoclimate/features/testing/synthetic_weather.h"

namespace geoclimate::features {
namespace {

using airquality::Coordinates;
using airquality::DailyReduction;
using airquality::WeatherVariable;
using std::chrono::hours;
using std::chrono::minutes;
using testing::MakeWeather;
using testing::WeatherRow;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
const Coordinates kPlace{34, -118};
const base::LocalDay kDay = base::MakeDay(2020, 9, 10);
const base::Timestamp kNoonBefore = base::DayStart(kDay, minutes(0)) - hours(12);

WeatherVariable Variable(DailyReduction daily, std::string name = "x_m") {
  return {.name = std::move(name), .unit = "m", .min = -1000, .max = 1000, .daily = daily};
}

WeatherRow Row(base::Timestamp issued_at, std::vector<float> values,
               std::optional<minutes> valid_time = {}) {
  return {{.place = kPlace, .issued_at = issued_at, .valid_day = kDay, .valid_time = valid_time},
          std::move(values)};
}

float Newest(const WeatherHistory& weather, base::Timestamp known_until, std::size_t variable = 0) {
  return weather.Newest(0, variable, kDay, known_until);
}

TEST(WeatherHistory, TheNewestForecastThatWasIssuedByThenCounts) {
  const WeatherHistory weather = MakeWeather(
      {Variable(DailyReduction::kMean)},
      {Row(kNoonBefore, {2}), Row(kNoonBefore - hours(24), {1}), Row(kNoonBefore + hours(6), {3})});
  EXPECT_TRUE(std::isnan(Newest(weather, kNoonBefore - hours(25))));
  EXPECT_EQ(Newest(weather, kNoonBefore - hours(1)), 1);
  EXPECT_EQ(Newest(weather, kNoonBefore - std::chrono::seconds(1)), 1);
  EXPECT_EQ(Newest(weather, kNoonBefore), 2);
  EXPECT_EQ(Newest(weather, kNoonBefore + hours(1000)), 3);
  EXPECT_TRUE(std::isnan(weather.Newest(0, 0, kDay + std::chrono::days(1), kNoonBefore)));
}

TEST(WeatherHistory, AVariableThatTheNewestDoesNotHaveComesFromTheOneBefore) {
  const WeatherHistory weather =
      MakeWeather({Variable(DailyReduction::kMean), Variable(DailyReduction::kMean, "y_m")},
                  {Row(kNoonBefore, {2, kNaN}), Row(kNoonBefore - hours(24), {1, 10})});
  EXPECT_EQ(Newest(weather, kNoonBefore, 0), 2);
  EXPECT_EQ(Newest(weather, kNoonBefore, 1), 10);
}

TEST(WeatherHistory, TheOrderInWhichRowsComeDoesNotMatter) {
  std::vector<WeatherRow> rows;
  for (int issue = 0; issue < 8; ++issue) {
    for (int hour = 0; hour < 24; hour += 3) {
      rows.push_back(Row(kNoonBefore - hours(issue), {0.1F * static_cast<float>(issue + hour)},
                         minutes(60 * hour)));
    }
    // The same again with another value.
    rows.push_back(Row(kNoonBefore - hours(issue), {7}, minutes(0)));
  }
  const auto values = [&] {
    const WeatherHistory weather = MakeWeather({Variable(DailyReduction::kMean)}, rows);
    const std::span<const float> all = weather.ValuesOf(0);
    return std::vector<float>(all.begin(), all.end());
  };
  const std::vector<float> expected = values();
  EXPECT_EQ(expected.size(), 8U);
  std::mt19937 random(3);
  for (int round = 0; round < 10; ++round) {
    std::ranges::shuffle(rows, random);
    EXPECT_EQ(values(), expected);
  }
}

TEST(WeatherHistory, OfEqualIssuesTheGreaterValueCounts) {
  const WeatherHistory weather = MakeWeather({Variable(DailyReduction::kMean)},
                                             {Row(kNoonBefore, {5}), Row(kNoonBefore, {4})});
  EXPECT_EQ(Newest(weather, kNoonBefore), 5);
  EXPECT_EQ(weather.IssuesOf(0).size(), 1U);
}

TEST(WeatherHistory, MomentsBecomeADayAsTheVariableSays) {
  const auto reduce = [](DailyReduction daily, const std::vector<float>& every_six_hours) {
    std::vector<WeatherRow> rows;
    for (std::size_t i = 0; i < every_six_hours.size(); ++i) {
      rows.push_back(Row(kNoonBefore, {every_six_hours[i]}, hours(6 * i)));
    }
    return Newest(MakeWeather({Variable(daily)}, rows), kNoonBefore);
  };
  EXPECT_EQ(reduce(DailyReduction::kMean, {1, 2, 3, 6}), 3);
  EXPECT_EQ(reduce(DailyReduction::kMax, {1, 6, 3, 2}), 6);
  EXPECT_EQ(reduce(DailyReduction::kMin, {3, 1, 6, 2}), 1);
  EXPECT_EQ(reduce(DailyReduction::kSum, {1, 2, 3, 6}), 12);
  EXPECT_NEAR(reduce(DailyReduction::kDirection, {350, 350, 30, 30}), 10, 1e-4);
  EXPECT_TRUE(std::isnan(reduce(DailyReduction::kDirection, {0, 90, 180, 270})));
}

TEST(WeatherHistory, APartOfADayIsNoDay) {
  const WeatherVariable variable = Variable(DailyReduction::kMax);
  const WeatherHistory weather = MakeWeather(
      {variable}, {Row(kNoonBefore - hours(12), {1}),
                   // The end of a run: the night is all that it says of the day.
                   Row(kNoonBefore, {20}, minutes(0)), Row(kNoonBefore, {20}, hours(6))});
  EXPECT_EQ(Newest(weather, kNoonBefore), 1);
}

TEST(WeatherHistory, ARowOfTheWholeDayComesBeforeItsMoments) {
  std::vector<WeatherRow> rows = {Row(kNoonBefore, {5})};
  for (int hour = 0; hour < 24; ++hour) rows.push_back(Row(kNoonBefore, {9}, hours(hour)));
  EXPECT_EQ(Newest(MakeWeather({Variable(DailyReduction::kMean)}, rows), kNoonBefore), 5);
}

TEST(WeatherHistory, WithoutRowsItIsEmpty) {
  const WeatherHistory weather = MakeWeather({Variable(DailyReduction::kMean)}, {});
  EXPECT_TRUE(weather.places().empty());
  EXPECT_EQ(weather.variables().size(), 1U);
}

}  // namespace
}  // namespace geoclimate::features
