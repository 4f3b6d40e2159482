#pragma once

// What every IssuedForecastStore must do; used as observation_store_conformance.h is.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "geoclimate/airquality/forecast.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/store/issued_forecast_store.h"

namespace geoclimate::store {

class ForecastPlace {
 public:
  virtual ~ForecastPlace() = default;
  virtual base::Result<std::unique_ptr<IssuedForecastStore>> Open(const base::Clock& clock) = 0;
};

using ForecastPlaceFactory = std::function<std::unique_ptr<ForecastPlace>()>;

class IssuedForecastStoreConformance : public ::testing::TestWithParam<ForecastPlaceFactory> {
 protected:
  using IssuedForecast = airquality::IssuedForecast;

  IssuedForecastStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  static IssuedForecast Make(int issue_day, int horizon, float mean,
                             std::string model = "pm25_v1_20200101_000000") {
    IssuedForecast forecast;
    forecast.site = airquality::SiteId::FromParts(6, 37, 1103);
    forecast.issue_day = base::DayFromNumber(issue_day);
    forecast.horizon_days = horizon;
    forecast.issued_at = base::Timestamp(std::chrono::days(issue_day + 1));
    forecast.model_id = std::move(model);
    forecast.mean = mean;
    forecast.p10 = mean * 0.5f;
    forecast.p50 = mean * 0.9f;
    forecast.p90 = mean * 1.5f;
    forecast.probability_over_100 = 0.1f;
    forecast.aqi = 42;
    return forecast;
  }

  std::uint64_t MustPut(const std::vector<IssuedForecast>& forecasts) {
    const auto changed = store_->Put(forecasts);
    EXPECT_TRUE(changed.ok()) << changed.error().ToString();
    return changed.ok() ? *changed : 0;
  }

  std::vector<IssuedForecast> Read(const IssuedForecastQuery& query) {
    std::vector<IssuedForecast> forecasts;
    const auto visited =
        store_->Visit(query, [&](const IssuedForecast& one) { forecasts.push_back(one); });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    return forecasts;
  }
  std::vector<IssuedForecast> ReadAll() {
    return Read({base::DayFromNumber(-100'000), base::DayFromNumber(100'000), {}, {}});
  }

  static auto Fields(const IssuedForecast& f) {
    return std::tuple(f.valid_day(), f.site, f.pollutant, f.horizon_days, f.issue_day, f.issued_at,
                      f.method, f.model_id, f.mean, f.p10, f.p50, f.p90, f.probability_over_100,
                      f.aqi);
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::days(20'000))};
  const std::unique_ptr<ForecastPlace> place_;
  std::unique_ptr<IssuedForecastStore> store_;
};

TEST_P(IssuedForecastStoreConformance, KeepsEveryField) {
  IssuedForecast forecast = Make(100, 3, -0.123456789f);
  forecast.pollutant = airquality::Pollutant::kCo;
  forecast.method = airquality::Method::kClimatologyFallback;
  forecast.model_id = "";
  EXPECT_EQ(MustPut({forecast}), 1u);
  Reopen();
  const std::vector<IssuedForecast> read = ReadAll();
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(Fields(read[0]), Fields(forecast));
}

TEST_P(IssuedForecastStoreConformance, PuttingTheSameAgainChangesNothing) {
  const std::vector<IssuedForecast> forecasts = {Make(1, 1, 5), Make(1, 2, 6)};
  EXPECT_EQ(MustPut(forecasts), 2u);
  EXPECT_EQ(MustPut(forecasts), 0u);
  EXPECT_EQ(ReadAll().size(), 2u);
}

TEST_P(IssuedForecastStoreConformance, OneModelsLaterIssueReplacesItsEarlierInAnyOrder) {
  const IssuedForecast early = Make(1, 1, 5);
  IssuedForecast late = Make(1, 1, 6);
  late.issued_at += std::chrono::hours(1);
  MustPut({early});
  EXPECT_EQ(MustPut({late}), 1u);
  EXPECT_EQ(MustPut({early}), 0u);
  ASSERT_EQ(ReadAll().size(), 1u);
  EXPECT_EQ(Fields(ReadAll()[0]), Fields(late));
}

TEST_P(IssuedForecastStoreConformance, OfSeveralModelsTheOneIssuedLastCounts) {
  IssuedForecast old_model = Make(1, 1, 5, "a");
  IssuedForecast new_model = Make(1, 1, 6, "b");
  old_model.issued_at += std::chrono::hours(2);
  IssuedForecast tie = Make(1, 1, 7, "c");
  MustPut({old_model, new_model, tie, Make(2, 1, 9, "a"), Make(0, 2, 8, "b")});
  const std::vector<IssuedForecast> read = ReadAll();
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].model_id, "a");
  EXPECT_EQ(read[0].mean, 5);
  EXPECT_EQ(read[1].horizon_days, 2);
  tie.issued_at = old_model.issued_at;
  MustPut({tie});
  EXPECT_EQ(ReadAll()[0].model_id, "c");
}

TEST_P(IssuedForecastStoreConformance, ReadsARangeOfValidDaysInOrder) {
  std::mt19937 random(5);
  std::vector<IssuedForecast> all;
  for (int issue_day = 0; issue_day < 20; ++issue_day) {
    for (int horizon = 1; horizon <= 3; ++horizon) {
      for (const airquality::Pollutant pollutant : airquality::kPollutants) {
        for (std::uint32_t site = 1; site <= 3; ++site) {
          all.push_back(Make(issue_day, horizon, 1));
          all.back().pollutant = pollutant;
          all.back().site = airquality::SiteId::FromParts(1, 1, site);
        }
      }
    }
  }
  std::shuffle(all.begin(), all.end(), random);
  EXPECT_EQ(MustPut(all), all.size());
  const auto order = [](const IssuedForecast& f) {
    return std::tuple(f.valid_day(), f.site, f.pollutant, f.horizon_days);
  };
  for (int round = 0; round < 30; ++round) {
    IssuedForecastQuery query{base::DayFromNumber(static_cast<int>(random() % 12)),
                              base::DayFromNumber(static_cast<int>(random() % 24)),
                              {},
                              {}};
    if (random() % 2 == 0) query.pollutant = airquality::kPollutants[random() % 6];
    if (random() % 2 == 0) query.horizon_days = 1 + static_cast<int>(random() % 4);
    const auto wanted = [&](const IssuedForecast& f) {
      return f.valid_day() >= query.from && f.valid_day() <= query.to &&
             query.pollutant.value_or(f.pollutant) == f.pollutant &&
             query.horizon_days.value_or(f.horizon_days) == f.horizon_days;
    };
    const std::vector<IssuedForecast> read = Read(query);
    EXPECT_EQ(read.size(), static_cast<std::size_t>(std::ranges::count_if(all, wanted)));
    EXPECT_TRUE(std::ranges::all_of(read, wanted));
    EXPECT_TRUE(std::ranges::is_sorted(read, {}, order));
  }
}

TEST_P(IssuedForecastStoreConformance, RefusesWhatCannotBeJudgedAndKeepsNothing) {
  IssuedForecast not_finite = Make(1, 1, std::numeric_limits<float>::quiet_NaN());
  for (const IssuedForecast& bad : {not_finite, Make(1, 0, 5)}) {
    const std::vector<IssuedForecast> forecasts = {Make(1, 1, 5), bad};
    const auto changed = store_->Put(forecasts);
    ASSERT_FALSE(changed.ok());
    EXPECT_EQ(changed.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_NE(changed.error().message().find("06-037-1103"), std::string::npos);
  }
  EXPECT_TRUE(ReadAll().empty());
}

}  // namespace geoclimate::store
