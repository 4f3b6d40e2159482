// What Models serves by a name's traffic, policy and residence, and when production cannot be
// loaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "geoclimate/service/models.h"
#include "geoclimate/service/prediction.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Pollutant;
using registry::Traffic;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Arm = TrafficSplit::Arm;

const registry::Request kWho = {.actor = "test", .reason = "a test"};

class ModelsTrafficTest : public testing::Test {
 protected:
  ModelsTrafficTest() {
    production_ = platform_.PromoteForecaster(Pollutant::kPm25, 1);
    second_ = platform_.PublishForecaster(Pollutant::kPm25, 1);
    ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    options.canary.min_requests = 50;
    options.audit = &audit_;
    models_ =
        *Models::Start(platform_.registry.get(), {}, options, platform_.metrics, platform_.clock);
  }

  void Set(const Traffic& traffic) {
    const auto change =
        models_->SetTraffic(kName, traffic, std::nullopt, kWho, base::Deadline::Never());
    ASSERT_TRUE(change.ok()) << change.error().ToString();
    ASSERT_EQ(change->served, ModelChange::Served::kYes);
  }
  std::string Served(std::string_view split_key = {}) {
    const auto set = models_->Served();
    const auto chosen = set->Choose({.model_id = {}, .model_name = kName, .split_key = split_key});
    return chosen.ok() ? (*chosen)->description.model_id : chosen.error().message();
  }
  // Scores one row with what answers for that key. Every feature is `value`.
  base::Result<void> Score(std::string_view split_key, float value = 1) {
    const auto set = models_->Served();
    const auto chosen = set->Choose({.model_id = {}, .model_name = kName, .split_key = split_key});
    if (!chosen.ok()) return chosen.error();
    const std::vector<float> row((*chosen)->schema().size(), value);
    std::vector<float> out(1);
    return service::Score(**chosen, row, 1, 0, out);
  }
  std::string Metrics() {
    std::string text;
    platform_.metrics.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }
  // A version whose artifact is no model, promoted all the same.
  std::string PromoteBroken() {
    registry::NewModel broken;
    broken.model_name = kName;
    broken.features = {{.name = "x", .unit = ""}};
    const auto published = platform_.registry->Publish(broken, "no model", kWho);
    EXPECT_TRUE(published.ok());
    EXPECT_TRUE(platform_.registry
                    ->Promote(published->model_id,
                              {.stage = model::Stage::kProduction,
                               .expected = {},
                               .gate = registry::PromotionGate::kOverride},
                              kWho)
                    .ok());
    return published->model_id;
  }

  static constexpr const char* kName = "pm25_d1";
  TestPlatform platform_;
  access::AuditLog audit_{*platform_.stores.audit, platform_.clock};
  std::string production_;
  std::string second_;
  std::unique_ptr<Models> models_;
};

TEST_F(ModelsTrafficTest, ACanaryAnswersItsShareOfTheKeysAndNothingWithoutOne) {
  EXPECT_FALSE(models_->Served()->has_canary());
  Set({.canary = second_, .share = 0.5});
  EXPECT_TRUE(models_->Served()->has_canary());
  int canaries = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string key = std::to_string(i);
    const std::string served = Served(key);
    EXPECT_EQ(served, Served(key));
    canaries += served == second_ ? 1 : 0;
    EXPECT_THAT(served, testing::AnyOf(production_, second_));
  }
  EXPECT_NEAR(canaries, 500, 100);
  EXPECT_EQ(Served(), production_) << "the forecast table has no key";
  Set({});
  EXPECT_EQ(Served("1"), production_);
}

TEST_F(ModelsTrafficTest, WhatCameOfTheArmsIsKeptOverOtherChanges) {
  Set({.canary = second_, .share = 1});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(Score("key").ok());
  platform_.PromoteForecaster(Pollutant::kO3, 1);
  ASSERT_TRUE(models_->Refresh().ok());
  const auto set = models_->Served();
  EXPECT_EQ(set->names().at(kName).split->stats(Arm::kCanary).requests(), 10U);
  EXPECT_EQ(set->names().at(kName).split->stats(Arm::kProduction).requests(), 0U);
}

TEST_F(ModelsTrafficTest, ACanaryThatFailsIsTakenAwayAndTheHistorySaysWhy) {
  Set({.canary = second_, .share = 1, .shadow = second_});
  const float missing = std::numeric_limits<float>::quiet_NaN();
  for (int i = 0; i < 60; ++i) EXPECT_FALSE(Score("key", missing).ok());
  models_->JudgeCanaries();
  ASSERT_TRUE(models_->Refresh().ok());
  EXPECT_EQ(Served("key"), production_);
  const registry::HistoryEntry entry = models_->History(kName)->back();
  EXPECT_EQ(entry.action, "traffic");
  EXPECT_EQ(entry.actor, "geoclimate serve");
  EXPECT_THAT(entry.why, HasSubstr("100.0 % of 60 requests failed"));
  while (audit_.waiting() > 0) std::this_thread::yield();
  const auto records = audit_.List({});
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().action, "model.canary_rollback");
  EXPECT_EQ(records->front().outcome, "done");
  EXPECT_EQ(records->front().from, second_);
  EXPECT_EQ(records->front().to, production_);
  EXPECT_EQ(records->front().reason, entry.why.substr(std::string("canary: ").size()));
  EXPECT_EQ(models_->Served()->names().at(kName).traffic.shadow, second_) << "the shadow stays";
  EXPECT_THAT(Metrics(), HasSubstr("canary_rollbacks_total{model=\"pm25_d1\"} 1"));
}

TEST_F(ModelsTrafficTest, ACanaryThatDoesAsProductionDoesStays) {
  Set({.canary = second_, .share = 0.5});
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(Score(std::to_string(i)).ok());
  models_->JudgeCanaries();
  ASSERT_TRUE(models_->Refresh().ok());
  EXPECT_TRUE(models_->Served()->has_canary());
}

TEST_F(ModelsTrafficTest, AShadowScoresWhatProductionAnswersAndIsCompared) {
  Set({.shadow = second_});
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(Score("key", static_cast<float>(i)).ok());
  EXPECT_EQ(Served("key"), production_);
  // Ending the shadow withdraws what it has not scored; the rest is counted by then.
  while (Metrics().find("outcome=\"equal\"} 0") != std::string::npos) std::this_thread::yield();
  Set({});
  EXPECT_THAT(Metrics(), HasSubstr("outcome=\"different\"} 0"));
  EXPECT_THAT(Metrics(), HasSubstr("shadow_difference_bucket{model=\"pm25_d1\",version=\"v2\""));
}

TEST_F(ModelsTrafficTest, WhileProductionCannotBeLoadedTheVersionBeforeAnswers) {
  const std::string broken = PromoteBroken();
  ASSERT_TRUE(models_->Refresh().ok());
  EXPECT_EQ(Served(), production_);
  EXPECT_TRUE(Score("key").ok());
  const auto set = models_->Served();
  const ServedModel* const stand_in = set->ProductionOf(kName);
  ASSERT_NE(stand_in, nullptr);
  EXPECT_THAT(stand_in->stands_in, HasSubstr(broken + " could not be loaded"));
  EXPECT_EQ(set->available(), 1U);
  // It goes on standing in, and goes when production is right again.
  platform_.PromoteForecaster(Pollutant::kO3, 1);
  ASSERT_TRUE(models_->Refresh().ok());
  EXPECT_EQ(Served(), production_);
  ASSERT_TRUE(models_->Rollback(kName, kWho, base::Deadline::Never()).ok());
  EXPECT_EQ(Served(), production_);
  EXPECT_THAT(models_->Served()->ProductionOf(kName)->stands_in, IsEmpty());
}

TEST_F(ModelsTrafficTest, AnUnloadedNameIsNotServedUntilItIsLoadedAgain) {
  using Residence = registry::ServingState::Residence;
  ASSERT_TRUE(
      models_->SetResidence(kName, Residence::kUnloaded, kWho, base::Deadline::Never()).ok());
  EXPECT_THAT(Served(), HasSubstr("is unloaded"));
  EXPECT_THAT(models_->Served()->models(), IsEmpty());
  ASSERT_TRUE(models_->SetResidence(kName, Residence::kLoaded, kWho, base::Deadline::Never()).ok());
  EXPECT_EQ(Served(), production_);
}

TEST_F(ModelsTrafficTest, APolicySaysWhichVersionsOfStageDevAreKept) {
  using Kind = registry::VersionPolicy::Kind;
  const std::string third = platform_.PublishForecaster(Pollutant::kPm25, 1);
  const auto ids = [&](const registry::VersionPolicy& policy) {
    EXPECT_TRUE(models_->SetPolicy(kName, policy, kWho, base::Deadline::Never()).ok());
    std::vector<std::string> served;
    for (const ServedModel& model : models_->Served()->models()) {
      served.push_back(model.description.model_id);
    }
    return served;
  };
  EXPECT_THAT(ids({.kind = Kind::kLatest, .latest = 1}), testing::ElementsAre(third, production_));
  EXPECT_THAT(ids({.kind = Kind::kSpecific, .specific = {second_}}),
              testing::ElementsAre(second_, production_));
  EXPECT_THAT(ids({.kind = Kind::kAll}), testing::ElementsAre(third, second_, production_));
}

}  // namespace
}  // namespace geoclimate::service
