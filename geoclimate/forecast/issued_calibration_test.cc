#include "geoclimate/forecast/issued_calibration.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "geoclimate/forecast/distribution.h"
#include "geoclimate/forecast/testing/listed_forecasts.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;
using std::chrono::days;
using testing::ListedForecasts;

const base::LocalDay kFirst = base::MakeDay(2020, 1, 1);
const airquality::SiteId kSite = airquality::SiteId::FromParts(6, 37, 1103);
const airquality::SiteId kOther = airquality::SiteId::FromParts(6, 37, 1302);

// 8, 12, 16, 8, ... at kSite for `count` days from kFirst.
features::SiteHistory ThreeValues(int count) {
  features::SiteHistory::Builder builder;
  airquality::Site site;
  site.id = kSite;
  builder.AddSite(site);
  for (int day = 0; day < count; ++day) {
    builder.Set(Pollutant::kPm25, kSite, kFirst + days(day), static_cast<float>(8 + day % 3 * 4));
  }
  return std::move(builder).Finish();
}

airquality::IssuedForecast Issued(int issue_day, int horizon_days, float p50,
                                  airquality::SiteId site = kSite) {
  return {.site = site,
          .pollutant = Pollutant::kPm25,
          .issue_day = kFirst + days(issue_day),
          .horizon_days = horizon_days,
          .issued_at = {},
          .model_id = "m",
          .mean = p50,
          .p10 = p50 - 1,
          .p50 = p50,
          .p90 = p50 + 1};
}

void Put(ListedForecasts& store, const airquality::IssuedForecast& forecast) {
  ASSERT_TRUE(store.Put(std::span(&forecast, 1)).ok());
}

OnlineCalibration Learn(ListedForecasts& store, const features::SiteHistory& history, int as_of,
                        int horizon_days = 1) {
  const auto learnt = LearnFromIssued(store, history, kFirst + days(as_of));
  EXPECT_TRUE(learnt.ok());
  return (*learnt)[static_cast<std::size_t>(airquality::Index(Pollutant::kPm25))]
                  [static_cast<std::size_t>(horizon_days - 1)];
}

TEST(LearnFromIssued, IsWhatLearningDayByDayGives) {
  ListedForecasts store;
  for (int day = 0; day < 30; ++day) Put(store, Issued(day, 1, 12));
  const features::SiteHistory history = ThreeValues(40);
  OnlineCalibration by_day(Pollutant::kPm25);
  for (int day = 0; day < 30; ++day) {
    const float observed = history.Get(Pollutant::kPm25, 0).At(kFirst + days(day + 1));
    by_day.Learn(std::vector<VerifiedForecast>{
        {.site = kSite,
         .mean_aqi = AqiOf(airquality::NewestTable(Pollutant::kPm25), 12),
         .quantiles = {11, 12, 13},
         .observed = observed}});
  }
  EXPECT_EQ(Learn(store, history, 30), by_day);
  EXPECT_NE(by_day, OnlineCalibration(Pollutant::kPm25));
  EXPECT_EQ(Learn(store, history, 30, 2), OnlineCalibration(Pollutant::kPm25));
}

TEST(LearnFromIssued, NothingOfADayAfterTheIssueCounts) {
  ListedForecasts known;
  for (int day = 0; day < 10; ++day) Put(known, Issued(day, 1, 12));
  ListedForecasts all = known;
  for (int day = 10; day < 20; ++day) Put(all, Issued(day, 1, 50));
  const features::SiteHistory history = ThreeValues(40);
  EXPECT_EQ(Learn(all, history, 10), Learn(known, history, 10));
  EXPECT_NE(Learn(all, history, 11), Learn(known, history, 11));
}

TEST(LearnFromIssued, ForecastsWithoutAnObservationTeachNothing) {
  ListedForecasts store;
  for (int day = 0; day < 10; ++day) {
    Put(store, Issued(day, 1, 12));
    Put(store, Issued(day, 1, 12, kOther));
  }
  ListedForecasts of_one;
  for (int day = 0; day < 4; ++day) Put(of_one, Issued(day, 1, 12));
  const features::SiteHistory history = ThreeValues(5);  // days 0 to 4
  EXPECT_EQ(Learn(store, history, 10), Learn(of_one, history, 10));
}

TEST(LearnFromIssued, ForecastsFromNeighboursTeachSitesNothing) {
  ListedForecasts store;
  for (int day = 0; day < 10; ++day) Put(store, Issued(day, 1, 12));
  ListedForecasts both = store;
  for (int day = 10; day < 20; ++day) {
    airquality::IssuedForecast silent = Issued(day, 1, 50);
    silent.model_id = "pm25_d1_neighbours_v1_20200101_000000";
    Put(both, silent);
  }
  const features::SiteHistory history = ThreeValues(40);
  EXPECT_EQ(Learn(both, history, 30), Learn(store, history, 30));
}

TEST(LearnFromIssued, WhatIsOlderThanTheMemoryIsNotRead) {
  ListedForecasts store;
  Put(store, Issued(0, 1, 50));
  const features::SiteHistory history = ThreeValues(1200);
  EXPECT_NE(Learn(store, history, kMemoryDays), OnlineCalibration(Pollutant::kPm25));
  EXPECT_EQ(Learn(store, history, kMemoryDays + 1), OnlineCalibration(Pollutant::kPm25));
}

TEST(LearnFromIssued, AnObservationThatComesLateCountsAsIfItHadBeenThere) {
  ListedForecasts store;
  for (int day = 0; day < 20; ++day) Put(store, Issued(day, 1, 12));
  const OnlineCalibration early = Learn(store, ThreeValues(15), 20);
  const OnlineCalibration late = Learn(store, ThreeValues(21), 20);
  EXPECT_NE(early, late);
  EXPECT_EQ(Learn(store, ThreeValues(21), 20), late);
}

}  // namespace
}  // namespace geoclimate::forecast
