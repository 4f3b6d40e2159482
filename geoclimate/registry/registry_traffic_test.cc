// Canary and shadow, policies of versions, load and unload: desired state beside the stages.
#include <gtest/gtest.h>

#include "geoclimate/registry/name_state.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/registry/testing/opened_registry.h"

namespace geoclimate::registry {
namespace {

using base::ErrorCode;
using blob::TemporaryFolder;
using testing::kTester;
using testing::Opened;

constexpr std::string_view kName = "pm25_d1";

class RegistryTrafficTest : public ::testing::Test {
 protected:
  RegistryTrafficTest() {
    for (std::string* id : {&first_, &second_, &third_}) *id = opened_.Publish();
    EXPECT_TRUE(opened_.Promote(first_).ok());
  }

  base::Result<Change> Set(const Traffic& traffic,
                           const std::optional<std::string>& expected = std::nullopt) {
    return opened_.registry.SetTraffic(kName, traffic, expected, kTester);
  }
  ServingState Serving() {
    const auto listing = opened_.registry.List(kName);
    EXPECT_TRUE(listing.ok());
    const auto found = listing->serving.find(std::string(kName));
    return found == listing->serving.end() ? ServingState() : found->second;
  }
  ErrorCode CodeOf(const base::Result<Change>& change) {
    EXPECT_FALSE(change.ok());
    return change.ok() ? ErrorCode::kUnknown : change.error().code();
  }

  const TemporaryFolder folder_;
  Opened opened_{folder_.path()};
  std::string first_;
  std::string second_;
  std::string third_;
};

TEST_F(RegistryTrafficTest, ACanaryAndAShadowAreListedAndInTheHistory) {
  const auto before = (*opened_.registry.Generations()).at(std::string(kName));
  const Traffic traffic = {.canary = second_, .share = 0.125, .shadow = third_};
  const auto change = Set(traffic);
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_EQ(change->generation, before + 1);
  EXPECT_EQ(Serving().traffic, traffic);
  const HistoryEntry entry = opened_.registry.History(kName)->back();
  EXPECT_EQ(entry.action, "traffic");
  EXPECT_EQ(entry.target, "canary 0.125");
  EXPECT_EQ(entry.to, second_);
  EXPECT_EQ(entry.actor, "tester");
  // The same again changes nothing.
  EXPECT_EQ(Set(traffic)->generation, before + 1);
  ASSERT_TRUE(Set({}).ok());
  EXPECT_EQ(Serving(), ServingState());
}

TEST_F(RegistryTrafficTest, RefusesWhatCannotStandBesideProduction) {
  EXPECT_EQ(CodeOf(Set({.canary = "nothing", .share = 0.1})), ErrorCode::kNotFound);
  EXPECT_EQ(CodeOf(Set({.canary = first_, .share = 0.1})), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(Set({.canary = second_, .share = 1.5})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Set({.canary = "", .share = 0.5})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(opened_.registry.SetTraffic("unknown", {}, std::nullopt, kTester)),
            ErrorCode::kNotFound);
  ASSERT_TRUE(opened_.Promote(third_, model::Stage::kArchived).ok());
  EXPECT_EQ(CodeOf(Set({.canary = "", .share = 0, .shadow = third_})),
            ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(opened_.Promote(first_, model::Stage::kArchived).ok());
  EXPECT_EQ(CodeOf(Set({.canary = second_, .share = 0.1})), ErrorCode::kFailedPrecondition)
      << "nothing is in production";
}

TEST_F(RegistryTrafficTest, OfTwoWhoExpectTheSameCanaryOneWins) {
  ASSERT_TRUE(Set({.canary = second_, .share = 0.1}, "").ok());
  EXPECT_EQ(CodeOf(Set({.canary = third_, .share = 0.1}, "")), ErrorCode::kAborted);
  EXPECT_TRUE(Set({}, second_).ok());
}

TEST_F(RegistryTrafficTest, PromotingTheCanaryEndsItsShare) {
  ASSERT_TRUE(Set({.canary = second_, .share = 0.5, .shadow = third_}).ok());
  ASSERT_TRUE(opened_.Promote(second_).ok());
  EXPECT_EQ(Serving().traffic, (Traffic{.canary = "", .share = 0, .shadow = third_}));
  ASSERT_TRUE(opened_.Promote(third_, model::Stage::kArchived).ok());
  EXPECT_EQ(Serving().traffic, Traffic());
}

TEST_F(RegistryTrafficTest, ARollbackEndsAllTrafficBesideProduction) {
  ASSERT_TRUE(opened_.Promote(second_).ok());
  ASSERT_TRUE(Set({.canary = third_, .share = 0.5}).ok());
  ASSERT_TRUE(opened_.registry.Rollback(kName, kTester).ok());
  EXPECT_EQ(Serving().traffic, Traffic());
  EXPECT_EQ(opened_.registry.FindProduction(kName)->model_id, first_);
}

TEST_F(RegistryTrafficTest, PoliciesAreKeptAndChecked) {
  using Kind = VersionPolicy::Kind;
  for (const VersionPolicy& policy :
       {VersionPolicy{.kind = Kind::kLatest, .latest = 2}, VersionPolicy{.kind = Kind::kAll},
        VersionPolicy{.kind = Kind::kSpecific, .specific = {second_, third_}}}) {
    ASSERT_TRUE(opened_.registry.SetPolicy(kName, policy, kTester).ok());
    EXPECT_EQ(Serving().policy, policy);
  }
  ASSERT_TRUE(opened_.Promote(third_, model::Stage::kArchived).ok());
  EXPECT_EQ(Serving().policy.specific, std::vector<std::string>{second_});
  EXPECT_EQ(CodeOf(opened_.registry.SetPolicy(kName, {.kind = Kind::kLatest}, kTester)),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(opened_.registry.SetPolicy(
                kName, {.kind = Kind::kSpecific, .latest = 0, .specific = {"nothing"}}, kTester)),
            ErrorCode::kNotFound);
}

TEST_F(RegistryTrafficTest, ANameIsUnloadedAndLoadedAgain) {
  using Residence = ServingState::Residence;
  ASSERT_TRUE(opened_.registry.SetResidence(kName, Residence::kUnloaded, kTester).ok());
  EXPECT_EQ(Serving().residence, Residence::kUnloaded);
  EXPECT_EQ(opened_.registry.History(kName)->back().action, "unload");
  const auto generation = opened_.registry.SetResidence(kName, Residence::kUnloaded, kTester);
  EXPECT_EQ(opened_.registry.History(kName)->back().generation, generation->generation);
  ASSERT_TRUE(opened_.registry.SetResidence(kName, Residence::kLoaded, kTester).ok());
  EXPECT_EQ(Serving(), ServingState());
}

TEST(NameStateCodec, AServingStateThatMakesNoSenseIsDamage) {
  const auto state_with = [](std::string_view serving) {
    std::string state = R"({"generation":1,"versions":[],"aliases":{},"serving":)";
    state += serving;
    state += R"(,"history":[]})";
    return state;
  };
  EXPECT_TRUE(ParseNameState(state_with("{}")).ok());
  for (const char* const serving :
       {R"({"policy":{"kind":"odd"}})", R"({"policy":{"kind":"latest"}})",
        R"({"policy":{"kind":"specific","specific":[1]}})",
        R"({"traffic":{"canary":"a","share":2,"shadow":""}})", R"({"traffic":{"canary":"a"}})"}) {
    const auto state = ParseNameState(state_with(serving));
    ASSERT_FALSE(state.ok()) << serving;
    EXPECT_EQ(state.error().code(), ErrorCode::kDataLoss);
  }
}

}  // namespace
}  // namespace geoclimate::registry
