#include "geoclimate/forecast/verification.h"

#include <gtest/gtest.h>

#include <cmath>

#include "geoclimate/airquality/pollutant.h"
#include "geoclimate/forecast/testing/listed_forecasts.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using testing::ListedForecasts;

const airquality::SiteId kSite = airquality::SiteId::FromParts(6, 37, 1103);
const base::LocalDay kFirst = base::MakeDay(2020, 1, 1);

// Alternates between 8 and 12 for `days` days.
HistoryLoader Alternating(int days) {
  return [days]() -> base::Result<features::SiteHistory> {
    features::SiteHistory::Builder builder;
    airquality::Site site;
    site.id = kSite;
    builder.AddSite(site);
    for (int day = 0; day < days; ++day) {
      builder.Set(Pollutant::kPm25, kSite, kFirst + std::chrono::days(day),
                  day % 2 == 0 ? 8.0f : 12.0f);
    }
    return std::move(builder).Finish();
  };
}

airquality::IssuedForecast ForecastOf(int issue_day, float value) {
  return {.site = kSite,
          .pollutant = Pollutant::kPm25,
          .issue_day = kFirst + std::chrono::days(issue_day),
          .horizon_days = 1,
          .issued_at = {},
          .model_id = "m",
          .mean = value,
          .p10 = value - 1,
          .p50 = value,
          .p90 = value + 1};
}

TEST(Verification, APerfectForecastHasSkillOneAndFullCoverage) {
  ListedForecasts issued;
  std::vector<airquality::IssuedForecast> forecasts;
  for (int day = 40; day < 60; ++day) {
    forecasts.push_back(ForecastOf(day, day % 2 == 1 ? 8.0f : 12.0f));
  }
  ASSERT_TRUE(issued.Put(forecasts).ok());
  const auto verification =
      VerifyIssued(issued, Alternating(100), {kFirst, kFirst + std::chrono::days(99)});
  ASSERT_TRUE(verification.ok());
  EXPECT_EQ(verification->issued, 20u);
  EXPECT_EQ(verification->judged, 20u);
  ASSERT_EQ(verification->groups.size(), 1u);
  EXPECT_EQ(verification->groups[0].pollutant, Pollutant::kPm25);
  EXPECT_EQ(verification->groups[0].horizon_days, 1);
  EXPECT_DOUBLE_EQ(verification->groups[0].score().skill, 1);
  EXPECT_DOUBLE_EQ(verification->groups[0].score().coverage, 1);
  EXPECT_DOUBLE_EQ(verification->groups[0].score().forecast.rmse, 0);
}

TEST(Verification, ForecastsFromNeighboursAreScoredByThemselves) {
  ListedForecasts issued;
  std::vector<airquality::IssuedForecast> forecasts;
  for (int day = 40; day < 60; ++day) {
    const float truth = day % 2 == 1 ? 8.0f : 12.0f;
    forecasts.push_back(ForecastOf(day, day < 45 ? truth + 3 : truth));
    if (day < 45) forecasts.back().model_id = "pm25_d1_neighbours_v2_20200101_000000";
  }
  ASSERT_TRUE(issued.Put(forecasts).ok());
  const auto verification =
      VerifyIssued(issued, Alternating(100), {kFirst, kFirst + std::chrono::days(99)});
  ASSERT_TRUE(verification.ok());
  EXPECT_EQ(verification->judged, 20u);
  ASSERT_EQ(verification->groups.size(), 1u);
  EXPECT_EQ(verification->groups[0].score().rows, 15u);
  EXPECT_DOUBLE_EQ(verification->groups[0].score().forecast.rmse, 0);
  ASSERT_EQ(verification->groups_from_neighbours.size(), 1u);
  EXPECT_EQ(verification->groups_from_neighbours[0].score().rows, 5u);
  EXPECT_DOUBLE_EQ(verification->groups_from_neighbours[0].score().forecast.rmse, 3);
}

TEST(Verification, ForecastsWhoseDayIsNotMeasuredYetAreCountedButNotJudged) {
  ListedForecasts issued;
  const std::vector<airquality::IssuedForecast> forecasts = {ForecastOf(48, 10),
                                                             ForecastOf(49, 10)};
  ASSERT_TRUE(issued.Put(forecasts).ok());
  const auto verification =
      VerifyIssued(issued, Alternating(50), {kFirst, kFirst + std::chrono::days(99)});
  ASSERT_TRUE(verification.ok());
  EXPECT_EQ(verification->issued, 2u);
  EXPECT_EQ(verification->judged, 1u);
  EXPECT_EQ(verification->unobserved, 1u);
}

TEST(Verification, TheHistoryIsReadOnlyWhenThereIsSomethingToJudge) {
  ListedForecasts issued;
  const HistoryLoader never = []() -> base::Result<features::SiteHistory> {
    return base::Internal("asked for the history");
  };
  const VerificationWindow window = {kFirst, kFirst + std::chrono::days(99)};
  const auto nothing = VerifyIssued(issued, never, window);
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing->issued, 0u);
  ASSERT_TRUE(issued.Put(std::vector{ForecastOf(40, 10)}).ok());
  EXPECT_FALSE(VerifyIssued(issued, never, window).ok());
}

TEST(Verification, OnlyForecastsForADayOfTheWindowCount) {
  ListedForecasts issued;
  const std::vector<airquality::IssuedForecast> forecasts = {ForecastOf(40, 10), ForecastOf(41, 10),
                                                             ForecastOf(42, 10)};
  ASSERT_TRUE(issued.Put(forecasts).ok());
  const base::LocalDay day = kFirst + std::chrono::days(42);
  const auto verification = VerifyIssued(issued, Alternating(50), {day, day});
  ASSERT_TRUE(verification.ok());
  EXPECT_EQ(verification->issued, 1u);
}

}  // namespace
}  // namespace geoclimate::forecast
