#include "geoclimate/service/issuer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "geoclimate/service/skill.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Pollutant;
using ::testing::HasSubstr;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);
constexpr std::chrono::days kOneDay{1};

class IssuerTest : public testing::Test {
 protected:
  void AddHistory(base::LocalDay last) {
    for (int i = 0; i < 60; ++i) {
      platform_.AddPm25(ExampleSite(1), last - kOneDay * i, 10 + i % 7);
    }
  }
  void Start() {
    ModelsOptions models;
    models.watch_interval = std::chrono::hours(1);
    models_ =
        *Models::Start(platform_.registry.get(), {}, models, platform_.metrics, platform_.clock);
    ForecastsOptions forecasts;
    forecasts.as_of = kDay;
    forecasts.watch_interval = std::chrono::hours(1);
    forecasts_ = *Forecasts::Start(*platform_.tables, *platform_.stores.observations,
                                   platform_.clock, platform_.metrics, forecasts);
    IssuerOptions issuer;
    issuer.every = std::chrono::hours(1);
    issuer.audit = &audit_;
    issuer_ = *Issuer::Start(*platform_.stores.observations, *platform_.stores.issued_forecasts,
                             *platform_.tables, *models_, *forecasts_, platform_.clock, issuer);
  }
  std::string Digest() const {
    const auto table = forecasts_->Current(platform_.clock.Now());
    return table.ok() ? (*table)->digest() : table.error().message();
  }

  TestPlatform platform_;
  access::AuditLog audit_{*platform_.stores.audit, platform_.clock};
  std::unique_ptr<Models> models_;
  std::unique_ptr<Forecasts> forecasts_;
  std::unique_ptr<Issuer> issuer_;
};

TEST_F(IssuerTest, ComputesATableWhenThereIsNoneAndServesIt) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay);
  Start();
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  const auto table = forecasts_->Current(platform_.clock.Now());
  ASSERT_TRUE(table.ok()) << table.error().message();
  EXPECT_EQ((*table)->content().as_of, kDay);
  const forecast::SiteForecast* site = (*table)->Find(ExampleSite(1).id);
  ASSERT_NE(site, nullptr);
  EXPECT_EQ(site->days.front().pollutants.front().concentration.quantiles[model::kP50], 10);
  while (audit_.waiting() > 0) std::this_thread::yield();
  const auto records = audit_.List({});
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().action, "forecast.issue");
  EXPECT_EQ(records->front().subject, "2020-12-31");
  EXPECT_EQ(records->front().to, (*table)->digest());
}

TEST_F(IssuerTest, KeepsATableUntilSomethingHasChanged) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay);
  Start();
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  const std::string first = Digest();
  platform_.clock.Advance(std::chrono::hours(1));
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  EXPECT_EQ(Digest(), first);
  platform_.AddPm25(ExampleSite(2), kDay, 30);
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  EXPECT_NE(Digest(), first);
}

TEST_F(IssuerTest, ATableOfTheSameDayIsTakenOver) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay);
  Start();
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  const std::string first = Digest();
  issuer_.reset();
  forecasts_.reset();
  models_.reset();
  platform_.clock.Advance(std::chrono::hours(1));
  Start();
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  EXPECT_EQ(Digest(), first);
}

TEST_F(IssuerTest, OldObservationsGiveNoTableAndAReason) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay - kOneDay * 400);
  Start();
  const auto issued = issuer_->IssueIfNeeded();
  // The first look of the background thread may have found it already.
  EXPECT_TRUE(issued.ok() || issued.error().code() == base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(Digest(), HasSubstr("400 days before"));
}

TEST_F(IssuerTest, AnotherHolderOfTheLeaseIsNotDisturbed) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay);
  const auto lease = platform_.tables->Acquire("somebody else");
  ASSERT_TRUE(lease.ok());
  Start();
  EXPECT_EQ(issuer_->IssueIfNeeded().error().code(), base::ErrorCode::kAborted);
}

TEST_F(IssuerTest, AFallbackForecastsWhereNoVersionIsInProduction) {
  const std::string id = platform_.PublishForecaster(Pollutant::kPm25, 2);
  ASSERT_TRUE(
      platform_.registry->SetAlias("pm25_d2", "fallback", id, std::nullopt, {"test", ""}).ok());
  AddHistory(kDay);
  Start();
  const auto chosen = ChooseIssueModels(*models_->Served());
  EXPECT_EQ(chosen.At(Pollutant::kPm25, 2).production, nullptr);
  EXPECT_NE(chosen.At(Pollutant::kPm25, 2).fallback, nullptr);
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  EXPECT_TRUE(forecasts_->Current(platform_.clock.Now()).ok());
}

TEST_F(IssuerTest, WhatWasIssuedIsJudgedOnceItsDayIsMeasured) {
  platform_.PromoteForecaster(Pollutant::kPm25, 1);
  AddHistory(kDay);
  Start();
  ASSERT_TRUE(issuer_->IssueIfNeeded().ok());
  SkillOptions options;
  options.watch_interval = std::chrono::hours(1);
  const auto skill =
      Skill::Start(*platform_.stores.observations, *platform_.stores.issued_forecasts,
                   platform_.clock, platform_.metrics, options);
  ASSERT_TRUE(skill.ok());
  ASSERT_TRUE((*skill)->Refresh().ok());
  EXPECT_TRUE((**(*skill)->Latest()).groups.empty());

  platform_.AddPm25(ExampleSite(1), kDay + kOneDay, 13);
  ASSERT_TRUE((*skill)->Refresh().ok());
  const auto report = (*skill)->Latest();
  ASSERT_TRUE(report.ok());
  ASSERT_EQ((*report)->groups.size(), 1U);
  const forecast::ScoredGroup& group = (*report)->groups.front();
  EXPECT_EQ(group.pollutant, Pollutant::kPm25);
  EXPECT_EQ(group.horizon_days, 1);
  EXPECT_EQ(group.score().rows, 1);
  EXPECT_NEAR(group.score().forecast.rmse, 3, 1e-6);
  EXPECT_EQ((*report)->to, kDay + kOneDay);
}

}  // namespace
}  // namespace geoclimate::service
