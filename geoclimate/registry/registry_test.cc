#include "geoclimate/registry/registry.h"

#include <atomic>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/blob/testing/distant_store.h"
#include "geoclimate/formats/digest.h"
#include "geoclimate/registry/testing/opened_registry.h"

namespace geoclimate::registry {
namespace {

using blob::InChild;
using blob::TemporaryFolder;
using testing::CodeOf;
using testing::DieAt;
using testing::Example;
using testing::kTester;
using testing::Noon;
using testing::Opened;
using testing::WithCard;

class RegistryTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Opened opened_{folder_.path()};
  Registry& registry_ = opened_.registry;
};

TEST_F(RegistryTest, APublishedVersionIsFoundWithItsArtifact) {
  const auto published = registry_.Publish(Example(), "the bytes", kTester);
  ASSERT_TRUE(published.ok()) << published.error().message();
  EXPECT_EQ(published->model_id, "pm25_d1_v1_20240131_120000");
  const auto found = registry_.Find(published->model_id);
  ASSERT_TRUE(found.ok()) << found.error().message();
  EXPECT_EQ(model::EncodeDescription(*found), model::EncodeDescription(*published));
  EXPECT_EQ(found->stage, model::Stage::kDev);
  EXPECT_EQ(found->created_at, Noon());
  EXPECT_EQ(found->size_bytes, 9U);
  EXPECT_EQ(found->sha256, formats::Sha256("the bytes").Hex());
  EXPECT_EQ(*registry_.Load(*found), "the bytes");
}

// Each look read the state of every name: a request a name and look, of a bucket.
TEST_F(RegistryTest, GenerationsOfAStoreThatListsVersionsReadOnlyWhatChanged) {
  const std::string first = opened_.Publish();
  NewModel other = Example();
  other.model_name = "o3_d1";
  ASSERT_TRUE(registry_.Publish(other, "x", kTester).ok());
  blob::DistantStore distant(*opened_.store);
  distant.lists_versions = true;
  const Registry far(distant, opened_.clock);
  const auto before = far.Generations();
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(before->size(), 2U);
  distant.read = 0;
  EXPECT_EQ(*far.Generations(), *before);
  EXPECT_EQ(distant.read, 0);
  ASSERT_TRUE(registry_.Promote(first, {.stage = model::Stage::kStaging}, kTester).ok());
  const auto after = far.Generations();
  EXPECT_EQ(distant.read, 1);
  EXPECT_GT(after->at("pm25_d1"), before->at("pm25_d1"));
  EXPECT_EQ(after->at("o3_d1"), before->at("o3_d1"));
}

TEST_F(RegistryTest, VersionsAreNumberedFromOnePerName) {
  EXPECT_EQ(opened_.Publish(), "pm25_d1_v1_20240131_120000");
  EXPECT_EQ(opened_.Publish(), "pm25_d1_v2_20240131_120000");
  NewModel other = Example();
  other.model_name = "o3_d1";
  EXPECT_EQ(registry_.Publish(other, "x", kTester)->model_id, "o3_d1_v1_20240131_120000");
  opened_.clock.Advance(std::chrono::seconds(61));
  EXPECT_EQ(opened_.Publish(), "pm25_d1_v3_20240131_120101");
}

TEST_F(RegistryTest, WhatCannotBePublishedIsRefused) {
  NewModel name = Example();
  name.model_name = "../x";
  EXPECT_EQ(CodeOf(registry_.Publish(name, "x", kTester)), base::ErrorCode::kInvalidArgument);
  NewModel metric = Example();
  metric.metrics["mae"] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(CodeOf(registry_.Publish(metric, "x", kTester)), base::ErrorCode::kInvalidArgument);
  NewModel features = Example();
  features.features.push_back(features.features[0]);
  EXPECT_EQ(CodeOf(registry_.Publish(features, "x", kTester)), base::ErrorCode::kInvalidArgument);
  EXPECT_TRUE(registry_.Names()->empty());
}

TEST_F(RegistryTest, AtMostOneVersionHoldsAStage) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  ASSERT_TRUE(opened_.Promote(first, model::Stage::kStaging).ok());
  ASSERT_TRUE(opened_.Promote(first).ok());
  EXPECT_EQ(registry_.Find(first)->stage, model::Stage::kProduction);
  const auto change = opened_.Promote(second);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->model_id, second);
  EXPECT_EQ(change->generation, 5U);
  EXPECT_EQ(registry_.Find(first)->stage, model::Stage::kDev);
  EXPECT_EQ(opened_.Production(), 2);
  EXPECT_EQ(registry_.List("pm25_d1", model::Stage::kProduction)->versions.size(), 1U);
  EXPECT_TRUE(registry_.List("pm25_d1", model::Stage::kStaging)->versions.empty());
}

TEST_F(RegistryTest, PromotingWhatHoldsTheStageChangesNothing) {
  const std::string id = opened_.Publish();
  const std::uint64_t generation = opened_.Promote(id)->generation;
  EXPECT_EQ(opened_.Promote(id)->generation, generation);
  EXPECT_EQ(registry_.History("pm25_d1")->size(), 2U);
}

TEST_F(RegistryTest, PromotionIsACompareAndSet) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  const auto promote = [&](const std::string& id, const std::string& expected) {
    return registry_.Promote(id, {.stage = model::Stage::kProduction, .expected = expected},
                             kTester);
  };
  EXPECT_EQ(CodeOf(promote(first, second)), base::ErrorCode::kAborted);
  EXPECT_TRUE(promote(first, "").ok());
  EXPECT_EQ(CodeOf(promote(second, "")), base::ErrorCode::kAborted);
  EXPECT_EQ(promote(second, "").error().message(),
            first + " holds production, not no version as expected");
  EXPECT_TRUE(promote(second, first).ok());
  EXPECT_EQ(opened_.Production(), 2);
}

TEST_F(RegistryTest, TheGateRefusesWhatDoesNotBeatTheBestBaseline) {
  const std::string worse = opened_.Publish(-0.031);
  const auto refused = opened_.Promote(worse);
  EXPECT_EQ(CodeOf(refused), base::ErrorCode::kFailedPrecondition);
  EXPECT_NE(refused.error().message().find("damped_persistence"), std::string::npos);
  EXPECT_NE(refused.error().message().find("mse_skill -0.031"), std::string::npos);
  EXPECT_EQ(CodeOf(opened_.Promote(opened_.Publish(0))), base::ErrorCode::kFailedPrecondition);
  EXPECT_TRUE(opened_.Promote(worse, model::Stage::kStaging).ok()) << "staging has no gate";
  EXPECT_EQ(opened_.Production(), 0);
}

TEST_F(RegistryTest, AModelWithoutFiguresNeedsTheGateOverriddenAndTheHistorySaysSo) {
  NewModel foreign = Example();
  foreign.metrics.clear();
  foreign.baseline.clear();
  const std::string id = registry_.Publish(foreign, "x", kTester)->model_id;
  EXPECT_EQ(CodeOf(opened_.Promote(id)), base::ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(registry_
                  .Promote(id,
                           {.stage = model::Stage::kProduction,
                            .expected = std::nullopt,
                            .gate = PromotionGate::kOverride},
                           kTester)
                  .ok());
  EXPECT_NE(registry_.History("pm25_d1")->back().why.find("gate overridden"), std::string::npos);
}

TEST_F(RegistryTest, RollbackGoesBackOneHolderEachTime) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  const std::string third = opened_.Publish();
  EXPECT_EQ(CodeOf(registry_.Rollback("pm25_d1", kTester)), base::ErrorCode::kFailedPrecondition);
  for (const std::string& id : {first, second, third}) ASSERT_TRUE(opened_.Promote(id).ok());
  EXPECT_EQ(registry_.Rollback("pm25_d1", kTester)->model_id, second);
  EXPECT_EQ(opened_.Production(), 2);
  EXPECT_EQ(registry_.Rollback("pm25_d1", kTester)->model_id, first);
  EXPECT_EQ(CodeOf(registry_.Rollback("pm25_d1", kTester)), base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(opened_.Production(), 1);
  // A promotion after it starts from there.
  ASSERT_TRUE(opened_.Promote(third).ok());
  EXPECT_EQ(registry_.Rollback("pm25_d1", kTester)->model_id, first);
}

TEST_F(RegistryTest, RollbackPassesOverArchivedVersions) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  const std::string third = opened_.Publish();
  for (const std::string& id : {first, second, third}) ASSERT_TRUE(opened_.Promote(id).ok());
  ASSERT_TRUE(opened_.Promote(second, model::Stage::kArchived).ok());
  EXPECT_EQ(registry_.Rollback("pm25_d1", kTester)->model_id, first);
}

TEST_F(RegistryTest, ArchivingTheVersionInProductionLeavesNone) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  ASSERT_TRUE(opened_.Promote(first).ok());
  ASSERT_TRUE(opened_.Promote(second).ok());
  ASSERT_TRUE(opened_.Promote(second, model::Stage::kArchived).ok());
  EXPECT_EQ(opened_.Production(), 0);
  EXPECT_EQ(registry_.Rollback("pm25_d1", kTester)->model_id, first);
}

TEST_F(RegistryTest, AnAliasPointsAtAVersionOfItsName) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  ASSERT_TRUE(registry_.SetAlias("pm25_d1", "best", first, std::nullopt, kTester).ok());
  EXPECT_EQ(registry_.FindAlias("pm25_d1", "best")->model_id, first);
  EXPECT_EQ(CodeOf(registry_.SetAlias("pm25_d1", "best", second, second, kTester)),
            base::ErrorCode::kAborted);
  ASSERT_TRUE(registry_.SetAlias("pm25_d1", "best", second, first, kTester).ok());
  EXPECT_EQ(registry_.Find(second)->aliases, std::vector<std::string>{"best"});
  EXPECT_TRUE(registry_.Find(first)->aliases.empty());
  EXPECT_EQ(CodeOf(registry_.SetAlias("pm25_d1", "best", "o3_d1_v1_20240131_120000", std::nullopt,
                                      kTester)),
            base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(registry_.SetAlias("pm25_d1", "Best!", first, std::nullopt, kTester)),
            base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(registry_.FindAlias("pm25_d1", "worst")), base::ErrorCode::kNotFound);
}

TEST_F(RegistryTest, TheHistorySaysWhoDidWhatWhenAndWhy) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  ASSERT_TRUE(opened_.Promote(first).ok());
  opened_.clock.Advance(std::chrono::seconds(5));
  ASSERT_TRUE(opened_.Promote(second).ok());
  ASSERT_TRUE(registry_.Rollback("pm25_d1", kTester).ok());
  const auto history = registry_.History("pm25_d1");
  ASSERT_EQ(history->size(), 5U);
  const HistoryEntry& promoted = (*history)[3];
  EXPECT_EQ(promoted.generation, 4U);
  EXPECT_EQ(promoted.at, Noon() + std::chrono::seconds(5));
  EXPECT_EQ(promoted.actor, "tester");
  EXPECT_EQ(promoted.action, "promote");
  EXPECT_EQ(promoted.target, "production");
  EXPECT_EQ(promoted.from, first);
  EXPECT_EQ(promoted.to, second);
  EXPECT_EQ(promoted.why, "because (best baseline damped_persistence, mae 2.5, mse_skill 0.25)");
  EXPECT_EQ(history->back().action, "rollback");
  EXPECT_EQ(history->back().from, second);
  EXPECT_EQ(history->back().to, first);
}

TEST_F(RegistryTest, ListsByNameThenNewestFirst) {
  opened_.Publish();
  opened_.Publish();
  NewModel other = Example();
  other.model_name = "o3_d1";
  ASSERT_TRUE(registry_.Publish(other, "x", kTester).ok());
  std::string ids;
  const auto all = registry_.List();
  EXPECT_TRUE(all->damaged.empty());
  for (const auto& description : all->versions) {
    ids += description.model_name + " v" + std::to_string(description.version) + ", ";
  }
  EXPECT_EQ(ids, "o3_d1 v1, pm25_d1 v2, pm25_d1 v1, ");
  EXPECT_EQ(*registry_.Names(), (std::vector<std::string>{"o3_d1", "pm25_d1"}));
  EXPECT_EQ(registry_.List("o3_d1")->versions.size(), 1U);
  EXPECT_TRUE(registry_.List("co_d1")->versions.empty());
  EXPECT_EQ(*registry_.Generations(),
            (std::map<std::string, std::uint64_t>{{"o3_d1", 1}, {"pm25_d1", 2}}));
}

TEST_F(RegistryTest, WhatDoesNotExistIsNotFound) {
  opened_.Publish();
  for (const std::string_view id :
       {"", "pm25_d1", "pm25_d1_v9_20240131_120000", "o3_v1_20240131_120000", "../../x_v1_1_1"}) {
    EXPECT_EQ(CodeOf(registry_.Find(id)), base::ErrorCode::kNotFound) << id;
    EXPECT_EQ(CodeOf(opened_.Promote(std::string(id))), base::ErrorCode::kNotFound) << id;
  }
  EXPECT_EQ(CodeOf(registry_.FindProduction("pm25_d1")), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(registry_.History("o3_d1")), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(registry_.Rollback("../x", kTester)), base::ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(registry_.Promote("pm25_d1_v1_20240131_120000", {.stage = model::Stage::kDev},
                                     kTester)),
            base::ErrorCode::kInvalidArgument);
}

TEST_F(RegistryTest, ADamagedArtifactIsNotLoaded) {
  const auto published = registry_.Publish(Example(), "artifact", kTester);
  const std::filesystem::path path = folder_.path() / "models/artifacts/sha256" /
                                     published->sha256.substr(0, 2) / published->sha256;
  ASSERT_TRUE(std::filesystem::exists(path));
  std::ofstream(path) << "artifacz";
  EXPECT_EQ(CodeOf(registry_.Load(*published)), base::ErrorCode::kDataLoss);
  std::filesystem::remove(path);
  EXPECT_EQ(CodeOf(registry_.Load(*published)), base::ErrorCode::kDataLoss);
  // Publishing the same bytes again mends it.
  ASSERT_TRUE(registry_.Publish(Example(), "artifact", kTester).ok());
  EXPECT_EQ(*registry_.Load(*published), "artifact");
}

TEST_F(RegistryTest, ADamagedStateIsSaidToBeSo) {
  opened_.Publish();
  std::ofstream(folder_.path() / "models/states/pm25_d1.json") << "{\"generation\":1}";
  const auto history = registry_.History("pm25_d1");
  EXPECT_EQ(CodeOf(history), base::ErrorCode::kDataLoss);
  EXPECT_EQ(history.error().message(), "models/states/pm25_d1.json: field 'versions' is missing");
  EXPECT_EQ(CodeOf(registry_.Publish(Example(), "x", kTester)), base::ErrorCode::kDataLoss);
}

TEST_F(RegistryTest, ACardIsPublishedWithItsVersion) {
  const auto published = registry_.Publish(WithCard(), "artifact", kTester);
  ASSERT_TRUE(published.ok()) << published.error().message();
  const std::string written = model::EncodeCard(model::testing::ExampleCard());
  EXPECT_EQ(published->card_sha256, formats::Sha256(written).Hex());
  const auto found = registry_.Find(published->model_id);
  EXPECT_EQ(found->card_sha256, published->card_sha256);
  const auto card = registry_.LoadCard(*found);
  ASSERT_TRUE(card.ok()) << card.error().message();
  EXPECT_EQ(model::EncodeCard(*card), written);
  const auto without = registry_.Find(opened_.Publish());
  EXPECT_EQ(CodeOf(registry_.LoadCard(*without)), base::ErrorCode::kNotFound);
}

TEST_F(RegistryTest, ADamagedCardIsNotShownAndLeavesItsVersionUsable) {
  const auto published = registry_.Publish(WithCard(), "artifact", kTester);
  const std::filesystem::path path = folder_.path() / "models/cards/sha256" /
                                     published->card_sha256.substr(0, 2) / published->card_sha256;
  ASSERT_TRUE(std::filesystem::exists(path));
  std::ofstream(path) << "{}";
  EXPECT_EQ(CodeOf(registry_.LoadCard(*published)), base::ErrorCode::kDataLoss);
  std::filesystem::remove(path);
  EXPECT_EQ(CodeOf(registry_.LoadCard(*published)), base::ErrorCode::kDataLoss);
  EXPECT_TRUE(registry_.Load(*published).ok());
  EXPECT_TRUE(opened_.Promote(published->model_id).ok());
}

// Runs `change` in processes that die at its first, second, ... step until one survives; after each
// death `check` sees the registry as another process does. Returns how many died.
int KillAtEveryStep(const std::function<void(const TemporaryFolder&)>& prepare,
                    const std::function<void(Registry&)>& change,
                    const std::function<void(Opened&)>& check) {
  for (int step = 0;; ++step) {
    const TemporaryFolder folder;
    prepare(folder);
    const int exit_code = InChild([&] {
      DieAt die(step);
      Opened opened(folder.path(), &die);
      change(opened.registry);
    });
    Opened opened(folder.path());
    check(opened);
    if (exit_code != 9) return step;
  }
}

TEST(RegistryCrash, APublisherThatDiesAtAnyStepLeavesTheOldStateOrTheNewOne) {
  int before = 0;
  int after = 0;
  const int deaths = KillAtEveryStep(
      [](const TemporaryFolder& folder) { Opened(folder.path()).Publish(); },
      [](Registry& registry) { (void)registry.Publish(WithCard(), "another artifact", kTester); },
      [&](Opened& opened) {
        const auto list = opened.registry.List();
        ASSERT_TRUE(list.ok()) << list.error().message();
        const std::vector<model::ModelDescription>& versions = list->versions;
        EXPECT_TRUE(list->damaged.empty());
        for (const auto& description : versions) {
          EXPECT_TRUE(opened.registry.Load(description).ok());
          EXPECT_EQ(opened.registry.LoadCard(description).ok(), description.version == 2);
        }
        ++(versions.size() == 1 ? before : after);
        EXPECT_EQ(opened.registry.History("pm25_d1")->size(), versions.size());
        const std::string next = opened.Publish();
        EXPECT_EQ(next, versions.size() == 1 ? "pm25_d1_v2_20240131_120000"
                                             : "pm25_d1_v3_20240131_120000");
      });
  EXPECT_EQ(deaths, 24) << "artifact, card, manifest and state, six steps each";
  EXPECT_EQ(before, 22);
  EXPECT_EQ(after, 3);
}

TEST(RegistryCrash, APromoterThatDiesAtAnyStepLeavesTheOldStateOrTheNewOne) {
  int before = 0;
  const int deaths = KillAtEveryStep(
      [](const TemporaryFolder& folder) {
        Opened opened(folder.path());
        ASSERT_TRUE(opened.Promote(opened.Publish()).ok());
        opened.Publish();
      },
      [](Registry& registry) {
        (void)registry.Promote("pm25_d1_v2_20240131_120000", {.stage = model::Stage::kProduction},
                               kTester);
      },
      [&](Opened& opened) {
        const int production = opened.Production();
        const bool changed = production == 2;
        EXPECT_TRUE(changed || production == 1);
        EXPECT_EQ(opened.registry.History("pm25_d1")->size(), changed ? 4U : 3U);
        before += changed ? 0 : 1;
      });
  EXPECT_EQ(deaths, 6);
  EXPECT_EQ(before, 4);
}

void ExpectVersionsOneTo(int count, Registry& registry) {
  const auto list = registry.List("pm25_d1");
  ASSERT_TRUE(list.ok()) << list.error().message();
  ASSERT_EQ(list->versions.size(), static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const model::ModelDescription& description = list->versions[static_cast<std::size_t>(i)];
    EXPECT_EQ(description.version, count - i);
    const auto artifact = registry.Load(description);
    ASSERT_TRUE(artifact.ok());
    EXPECT_EQ(*artifact, description.source) << "each version has its own publisher's bytes";
  }
  EXPECT_EQ(registry.Generations()->at("pm25_d1"), static_cast<std::uint64_t>(count));
}

// Each publishes versions whose source says what their artifact is.
void PublishSome(Registry& registry, const std::string& who, int count) {
  for (int i = 0; i < count; ++i) {
    NewModel model = Example();
    model.source = who + " " + std::to_string(i);
    if (!registry.Publish(model, model.source, kTester).ok()) ::_exit(1);
  }
}

TEST(RegistryConcurrency, ThreadsThatPublishAtOnceAllHaveTheirVersions) {
  const TemporaryFolder folder;
  Opened opened(folder.path());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { PublishSome(opened.registry, std::to_string(i), 5); });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectVersionsOneTo(20, opened.registry);
}

TEST(RegistryConcurrency, ProcessesThatPublishAtOnceAllHaveTheirVersions) {
  const TemporaryFolder folder;
  Opened opened(folder.path());
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      Opened own(folder.path());
      PublishSome(own.registry, "process " + std::to_string(i), 5);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  ExpectVersionsOneTo(15, opened.registry);
}

TEST(RegistryConcurrency, OfPromotersThatExpectTheSameHolderOneWins) {
  const TemporaryFolder folder;
  Opened opened(folder.path());
  std::vector<std::string> ids;
  ids.reserve(4);
  for (int i = 0; i < 4; ++i) ids.push_back(opened.Publish());
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  threads.reserve(ids.size());
  for (const std::string& id : ids) {
    threads.emplace_back([&] {
      const Promotion promotion = {.stage = model::Stage::kProduction, .expected = ""};
      if (opened.registry.Promote(id, promotion, kTester).ok()) ++won;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(opened.registry.List("pm25_d1", model::Stage::kProduction)->versions.size(), 1U);
}

}  // namespace
}  // namespace geoclimate::registry
