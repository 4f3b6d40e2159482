// What the registry does when a part of it is damaged, and how its history is kept.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/registry/name_state.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/registry/testing/opened_registry.h"

namespace geoclimate::registry {
namespace {

using blob::InChild;
using blob::TemporaryFolder;
using testing::CodeOf;
using testing::DieAt;
using testing::Example;
using testing::kTester;
using testing::Opened;

class RegistryDamageTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  Opened opened_{folder_.path()};
  Registry& registry_ = opened_.registry;
};

std::filesystem::path ManifestOf(const std::filesystem::path& root, const std::string& model_id) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(root / "models/manifests")) {
    if (entry.path().filename().string().starts_with(model_id + ".")) return entry.path();
  }
  return {};
}

// One manifest that could not be read used to fail the whole list, and with it a server's start.
TEST_F(RegistryDamageTest, ADamagedDescriptionIsNamedBesideTheOthers) {
  const std::string first = opened_.Publish();
  const std::string second = opened_.Publish();
  const std::string third = opened_.Publish();
  ASSERT_TRUE(opened_.Promote(second).ok());
  std::ofstream(ManifestOf(folder_.path(), second)) << "{\"model_id\":";
  std::filesystem::remove(ManifestOf(folder_.path(), third));
  const auto list = registry_.List();
  ASSERT_TRUE(list.ok()) << list.error().message();
  ASSERT_EQ(list->versions.size(), 1U);
  EXPECT_EQ(list->versions.front().model_id, first);
  ASSERT_EQ(list->damaged.size(), 2U);
  EXPECT_EQ(list->damaged[0].model_id, third);
  EXPECT_NE(list->damaged[0].error.message().find("is gone"), std::string::npos);
  EXPECT_EQ(list->damaged[1].model_id, second);
  EXPECT_EQ(list->damaged[1].model_name, "pm25_d1");
  EXPECT_EQ(list->damaged[1].stage, model::Stage::kProduction);
  EXPECT_EQ(list->damaged[1].error.code(), base::ErrorCode::kDataLoss);
  EXPECT_EQ(registry_.List("pm25_d1", model::Stage::kDev)->damaged.size(), 1U);
}

TEST_F(RegistryDamageTest, ADamagedStateIsNamedBesideTheOtherNames) {
  opened_.Publish();
  NewModel other = Example();
  other.model_name = "o3_d1";
  ASSERT_TRUE(registry_.Publish(other, "x", kTester).ok());
  std::ofstream(folder_.path() / "models/states/pm25_d1.json") << "?";
  const auto list = registry_.List();
  ASSERT_TRUE(list.ok()) << list.error().message();
  EXPECT_EQ(list->versions.size(), 1U);
  ASSERT_EQ(list->damaged.size(), 1U);
  EXPECT_EQ(list->damaged.front().model_name, "pm25_d1");
  EXPECT_EQ(list->damaged.front().model_id, "");
  EXPECT_EQ(registry_.Generations()->size(), 1U);
}

// The history used to grow within the state, which every look at the registry reads.
class RegistryHistoryTest : public ::testing::Test {
 protected:
  std::string AliasTo(Opened& opened, int number) {
    const std::string alias = "a" + std::to_string(number);
    EXPECT_TRUE(opened.registry.SetAlias("pm25_d1", alias, id_, std::nullopt, kTester).ok());
    return alias;
  }
  static void ExpectWhole(Registry& registry, std::size_t entries) {
    const auto history = registry.History("pm25_d1");
    ASSERT_TRUE(history.ok()) << history.error().message();
    ASSERT_EQ(history->size(), entries);
    for (std::size_t i = 0; i < entries; ++i) EXPECT_EQ((*history)[i].generation, i + 1);
  }
  std::size_t EntriesInState() {
    const auto blob = opened_.store->Get("models/states/pm25_d1.json");
    return ParseNameState(blob->bytes)->history.size();
  }

  TemporaryFolder folder_;
  Opened opened_{folder_.path(), nullptr, {.history_in_state = 6}};
  std::string id_ = opened_.Publish();
};

TEST_F(RegistryHistoryTest, IsWholeThoughTheStateHoldsTheNewestEntriesOnly) {
  std::size_t changes = 1;
  for (int i = 0; i < 20; ++i) {
    AliasTo(opened_, i);
    ExpectWhole(opened_.registry, ++changes);
    EXPECT_LE(EntriesInState(), 6U);
  }
  EXPECT_EQ(opened_.store->List("models/history/pm25_d1/")->size(), 5U);
  EXPECT_EQ(opened_.registry.History("pm25_d1")->back().target, "a19");
  // Another limit reads what this one wrote.
  Opened wider(folder_.path());
  ExpectWhole(wider.registry, changes);
}

TEST_F(RegistryHistoryTest, RollbackFindsAHolderOfLongAgo) {
  const std::string second = opened_.Publish();
  ASSERT_TRUE(opened_.Promote(id_).ok());
  ASSERT_TRUE(opened_.Promote(second).ok());
  for (int i = 0; i < 20; ++i) AliasTo(opened_, i);
  EXPECT_EQ(opened_.registry.Rollback("pm25_d1", kTester)->model_id, id_);
}

TEST_F(RegistryHistoryTest, SaysWhatIsGone) {
  for (int i = 0; i < 20; ++i) AliasTo(opened_, i);
  const auto blobs = opened_.store->List("models/history/pm25_d1/");
  ASSERT_TRUE(opened_.store->Delete((*blobs)[1].key).ok());
  EXPECT_EQ(CodeOf(opened_.registry.History("pm25_d1")), base::ErrorCode::kDataLoss);
  EXPECT_TRUE(opened_.registry.Find(id_).ok());
  EXPECT_TRUE(opened_.Promote(id_).ok());
}

TEST(RegistryHistoryCrash, AWriterThatDiesWhileItMovesOldHistoryLosesNoEntry) {
  const RegistryOptions options = {.history_in_state = 4};
  const auto change = [](Registry& registry, int i) {
    return registry.SetAlias("pm25_d1", "a" + std::to_string(i), "pm25_d1_v1_20240131_120000",
                             std::nullopt, kTester);
  };
  int deaths = 0;
  for (bool died = true; died; ++deaths) {
    const TemporaryFolder folder;
    {
      Opened opened(folder.path(), nullptr, options);
      opened.Publish();
      for (int i = 0; i < 3; ++i) ASSERT_TRUE(change(opened.registry, i).ok());
    }
    died = InChild([&] {
             DieAt die(deaths);
             Opened opened(folder.path(), &die, options);
             (void)change(opened.registry, 3);
           }) == 9;
    Opened opened(folder.path(), nullptr, options);
    for (int i = 4; i < 9; ++i) {
      const std::size_t before = opened.registry.History("pm25_d1")->size();
      EXPECT_GE(before, static_cast<std::size_t>(i));
      ASSERT_TRUE(change(opened.registry, i).ok());
      EXPECT_EQ(opened.registry.History("pm25_d1")->size(), before + 1);
    }
  }
  EXPECT_EQ(deaths, 13) << "history and state, six steps each, and once to the end";
}

}  // namespace
}  // namespace geoclimate::registry
