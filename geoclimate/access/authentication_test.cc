#include "geoclimate/access/authentication.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "geoclimate/access/api_key.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::access {
namespace {

using std::chrono::hours;

class AuthenticationTest : public testing::Test {
 protected:
  AuthenticationTest()
      : stores_(*store::OpenSqliteStores(folder_ / "geoclimate.db", {}, clock_)),
        token_(*AdminToken::LoadOrCreate(folder_.path())),
        // The thread does nothing by itself: tests say when.
        ring_(*KeyRing::Start(*stores_.api_keys, clock_,
                              {.refresh_interval = hours(1), .record_interval = hours(1)})) {
    authentication_ = {.keyless = Keyless::kNever, .admin_token = &token_, .keys = ring_.get()};
  }

  ApiKey AddKey(const std::string& scopes, std::optional<base::Timestamp> expires_at = {}) {
    ApiKey key = *MakeApiKey();
    store::ApiKeyRecord record;
    record.prefix = key.prefix;
    record.name = "test";
    record.digest = key.digest;
    record.scopes = scopes;
    record.created_at = clock_.Now();
    record.expires_at = expires_at;
    EXPECT_TRUE(stores_.api_keys->Add(record).ok());
    EXPECT_TRUE(ring_->Refresh().ok());
    return key;
  }
  Verdict Show(const Credentials& shown, std::string_view address = "192.0.2.1") {
    return authenticator_.Check(shown, address, clock_.Now());
  }

  base::FakeClock clock_{base::Timestamp(hours(1'000'000 / 24))};
  store::sqlite::TemporaryFolder folder_;
  store::Stores stores_;
  AdminToken token_;
  std::unique_ptr<KeyRing> ring_;
  Authentication authentication_;
  Authenticator authenticator_{&authentication_};
};

TEST_F(AuthenticationTest, AKeyIsKnownFromEitherField) {
  const ApiKey key = AddKey("read");
  for (const Credentials& shown : {Credentials{.api_key = key.secret, .authorization = ""},
                                   Credentials{.api_key = "", .authorization = "x"}}) {
    const std::string bearer = "beaRer  " + key.secret + " ";
    const Verdict verdict =
        shown.api_key.empty() ? Show({.api_key = "", .authorization = bearer}) : Show(shown);
    EXPECT_EQ(verdict.rejection, Rejection::kNone);
    EXPECT_EQ(verdict.caller.kind, Caller::Kind::kKey);
    EXPECT_TRUE(verdict.caller.scopes.Allows(Scope::kRead));
    EXPECT_FALSE(verdict.caller.scopes.Allows(Scope::kPredict));
    EXPECT_EQ(verdict.caller.ToString(), "key " + key.prefix + " (test)");
  }
}

TEST_F(AuthenticationTest, NothingWrongOpens) {
  const ApiKey key = AddKey("admin");
  std::string changed = key.secret;
  changed[30] = changed[30] == 'x' ? 'y' : 'x';
  for (const std::string& secret : {changed, key.prefix, key.digest.Hex(), std::string("x"),
                                    std::string(5000, 'a'), MakeApiKey()->secret}) {
    EXPECT_EQ(Show({.api_key = secret, .authorization = ""}).rejection, Rejection::kUnknown);
    EXPECT_EQ(Show({.api_key = "", .authorization = "Bearer " + secret}).rejection,
              Rejection::kUnknown);
  }
  EXPECT_EQ(Show({}).rejection, Rejection::kNothingShown);
  EXPECT_EQ(Show({.api_key = "", .authorization = "Basic " + key.secret}).rejection,
            Rejection::kNothingShown);
}

TEST_F(AuthenticationTest, WhatIsShownAsKeyCountsBeforeAToken) {
  const ApiKey key = AddKey("read");
  EXPECT_EQ(Show({.api_key = "wrong", .authorization = "Bearer " + key.secret}).rejection,
            Rejection::kUnknown);
}

TEST_F(AuthenticationTest, AnEndedKeyOpensNothingFromItsEndOn) {
  const ApiKey key = AddKey("read", clock_.Now() + hours(2));
  const Credentials shown{.api_key = key.secret, .authorization = ""};
  EXPECT_EQ(Show(shown).rejection, Rejection::kNone);
  clock_.Advance(hours(2));
  EXPECT_EQ(Show(shown).rejection, Rejection::kEnded);
}

TEST_F(AuthenticationTest, ARevokedKeyOpensNothingAfterTheNextRefresh) {
  const ApiKey key = AddKey("read");
  const Credentials shown{.api_key = key.secret, .authorization = ""};
  EXPECT_EQ(Show(shown).rejection, Rejection::kNone);
  ASSERT_TRUE(stores_.api_keys->Revoke(key.prefix, clock_.Now()).ok());
  ASSERT_TRUE(ring_->Refresh().ok());
  EXPECT_EQ(Show(shown).rejection, Rejection::kEnded);
}

TEST_F(AuthenticationTest, TheAdminTokenAdministers) {
  std::ifstream file(folder_ / "admin.token");
  std::string token;
  file >> token;
  const Verdict verdict = Show({.api_key = "", .authorization = "Bearer " + token});
  EXPECT_EQ(verdict.caller.kind, Caller::Kind::kAdminToken);
  EXPECT_TRUE(verdict.caller.scopes.Allows(Scope::kAdmin));
}

TEST_F(AuthenticationTest, OnlyCallersOfThisMachineNeedNothingAndOnlyWhereThatIsAllowed) {
  EXPECT_EQ(Show({}, "127.0.0.1").rejection, Rejection::kNothingShown);
  authentication_.keyless = Keyless::kOnLoopback;
  for (const std::string_view address : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"}) {
    const Verdict verdict = Show({}, address);
    EXPECT_EQ(verdict.caller.kind, Caller::Kind::kLoopback);
    EXPECT_TRUE(verdict.caller.scopes.Allows(Scope::kPredict));
    EXPECT_FALSE(verdict.caller.scopes.Allows(Scope::kAdmin));
  }
  for (const std::string_view address : {"192.0.2.1", "::2", "1127.0.0.1", "", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(Show({}, address).rejection, Rejection::kNothingShown) << address;
  }
  EXPECT_EQ(Show({.api_key = "wrong", .authorization = ""}, "127.0.0.1").rejection,
            Rejection::kUnknown);
}

TEST_F(AuthenticationTest, WithoutAnythingConfiguredOnlyThisMachineReads) {
  Authenticator none(nullptr);
  EXPECT_EQ(none.Check({}, "127.0.0.1", clock_.Now()).caller.kind, Caller::Kind::kLoopback);
  EXPECT_EQ(none.Check({}, "192.0.2.1", clock_.Now()).rejection, Rejection::kNothingShown);
  EXPECT_EQ(
      none.Check({.api_key = MakeApiKey()->secret, .authorization = ""}, "127.0.0.1", clock_.Now())
          .rejection,
      Rejection::kUnknown);
}

TEST_F(AuthenticationTest, TheStoreLearnsOfTheLastUse) {
  const ApiKey used = AddKey("read");
  const ApiKey unused = AddKey("read");
  Show({.api_key = used.secret, .authorization = ""});
  ASSERT_TRUE(ring_->Record().ok());
  const auto keys = stores_.api_keys->List();
  for (const store::ApiKeyRecord& key : *keys) {
    EXPECT_EQ(key.last_used_at.has_value(), key.prefix == used.prefix);
  }
}

TEST_F(AuthenticationTest, WhatAKeyDidIsAddedUpOverProcesses) {
  const ApiKey key = AddKey("predict");
  const Credentials shown{.api_key = key.secret, .authorization = ""};
  Activity& here = *Show(shown).caller.activity;
  EXPECT_TRUE(here.CountRows(10));
  ASSERT_TRUE(ring_->Record().ok());
  const base::LocalDay today = base::DayOf(clock_.Now(), std::chrono::minutes(0));
  const store::ApiKeyUse elsewhere{key.prefix, clock_.Now(), today, 5, 500};
  ASSERT_TRUE(
      stores_.api_keys->RecordUse({.recorder = "elsewhere", .number = 1, .uses = {elsewhere}})
          .ok());
  EXPECT_TRUE(here.CountRows(1));
  ASSERT_TRUE(ring_->Record().ok());
  EXPECT_EQ(here.today().rows, 511U);
  EXPECT_EQ(here.today().requests, 6U);
  EXPECT_EQ(stores_.api_keys->UsageOf(today)->front(), (store::ApiKeyUsage{key.prefix, 6, 511}));
  clock_.Advance(std::chrono::hours(24));
  ASSERT_TRUE(ring_->Record().ok());
  EXPECT_EQ(here.today().rows, 0U);
}

TEST_F(AuthenticationTest, WhoShowsNothingValidIsSlowedDownByAddress) {
  AddressLimits addresses({.requests_per_minute = 60, .burst = 3}, clock_);
  authentication_.addresses = &addresses;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Show({}).rejection, Rejection::kNothingShown);
  EXPECT_EQ(Show({}).rejection, Rejection::kTooOften);
  EXPECT_EQ(Show({.api_key = "guess", .authorization = ""}).rejection, Rejection::kTooOften);
  EXPECT_EQ(Show({}, "192.0.2.2").rejection, Rejection::kNothingShown);
  const ApiKey key = AddKey("read");
  EXPECT_EQ(Show({.api_key = key.secret, .authorization = ""}).rejection, Rejection::kNone);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(Show({}, "127.0.0.1").rejection, Rejection::kNothingShown);
}

TEST_F(AuthenticationTest, AKeyIsHeldToItsRate) {
  ring_ = *KeyRing::Start(*stores_.api_keys, clock_,
                          {.refresh_interval = hours(1),
                           .record_interval = hours(1),
                           .rate = RateLimitOptions{.requests_per_minute = 60, .burst = 2}});
  authentication_.keys = ring_.get();
  Authenticator authenticator(&authentication_);
  const ApiKey key = AddKey("read");
  const Credentials shown{.api_key = key.secret, .authorization = ""};
  const auto show = [&] { return authenticator.Check(shown, "192.0.2.1", clock_.Now()); };
  EXPECT_EQ(show().standing.remaining, 1U);
  EXPECT_EQ(show().rejection, Rejection::kNone);
  const Verdict refused = show();
  EXPECT_EQ(refused.rejection, Rejection::kTooOften);
  EXPECT_EQ(refused.standing.retry_after, std::chrono::seconds(1));
  EXPECT_EQ(refused.caller.kind, Caller::Kind::kKey);
}

TEST_F(AuthenticationTest, TheLastKnownKeysCountWhileTheStoreIsAway) {
  const ApiKey key = AddKey("read");
  ASSERT_TRUE(ring_->Refresh().ok());
  ASSERT_TRUE(stores_.api_keys->Revoke(key.prefix, clock_.Now()).ok());
  // Not refreshed: as if the store could not be asked.
  const Credentials shown{.api_key = key.secret, .authorization = ""};
  clock_.Advance(hours(24) - std::chrono::seconds(1));
  EXPECT_EQ(Show(shown).rejection, Rejection::kNone);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Show(shown).rejection, Rejection::kUnchecked);
  EXPECT_EQ(Show({.api_key = MakeApiKey()->secret, .authorization = ""}).rejection,
            Rejection::kUnknown);
  ASSERT_TRUE(ring_->Refresh().ok());
  EXPECT_EQ(Show(shown).rejection, Rejection::kEnded);
}

// Passes on to a store, and fails when told to: before or after the store has done it.
class UncertainKeys final : public store::ApiKeyStore {
 public:
  explicit UncertainKeys(store::ApiKeyStore& store) : store_(store) {}
  base::Result<void> Add(const store::ApiKeyRecord& key) override { return store_.Add(key); }
  base::Result<void> Revoke(std::string_view prefix, base::Timestamp at) override {
    return store_.Revoke(prefix, at);
  }
  base::Result<void> Rotate(std::string_view prefix, const store::ApiKeyRecord& successor,
                            base::Timestamp ends_at) override {
    return store_.Rotate(prefix, successor, ends_at);
  }
  base::Result<std::vector<store::ApiKeyRecord>> List() override { return store_.List(); }
  base::Result<std::int64_t> Revision() override { return store_.Revision(); }
  base::Result<void> RecordUse(const store::ApiKeyReport& report) override {
    if (failing == Failing::kBefore) return base::Unavailable("the server is away");
    GC_RETURN_IF_ERROR(store_.RecordUse(report));
    if (failing == Failing::kAfter) return base::Unavailable("the answer was lost");
    return {};
  }
  base::Result<std::vector<store::ApiKeyUsage>> UsageOf(base::LocalDay day) override {
    return store_.UsageOf(day);
  }

  enum class Failing : std::uint8_t { kNot, kBefore, kAfter } failing = Failing::kNot;

 private:
  store::ApiKeyStore& store_;
};

// What was told to a store whose answer was lost was told again with what had come since: rows were
// counted twice, and callers refused before their quota was used.
TEST_F(AuthenticationTest, WhatWasToldAndNotAnsweredIsCountedOnce) {
  UncertainKeys store(*stores_.api_keys);
  ring_ =
      *KeyRing::Start(store, clock_, {.refresh_interval = hours(1), .record_interval = hours(1)});
  authentication_.keys = ring_.get();
  Authenticator authenticator(&authentication_);
  const ApiKey key = AddKey("predict");
  const auto ask = [&](std::size_t rows) {
    const Verdict verdict = authenticator.Check({.api_key = key.secret, .authorization = ""},
                                                "192.0.2.1", clock_.Now());
    EXPECT_TRUE(verdict.caller.activity->CountRows(rows));
  };
  using Failing = UncertainKeys::Failing;
  std::size_t rows = 0;
  for (const Failing failing :
       {Failing::kAfter, Failing::kBefore, Failing::kAfter, Failing::kNot}) {
    ask(10);
    ask(5);
    rows += 15;
    store.failing = failing;
    EXPECT_EQ(ring_->Record().ok(), failing == Failing::kNot);
  }
  const base::LocalDay today = base::DayOf(clock_.Now(), std::chrono::minutes(0));
  EXPECT_EQ(stores_.api_keys->UsageOf(today)->front(), (store::ApiKeyUsage{key.prefix, 8, rows}));
  // It is told of the end of this test's store before that goes.
  ring_.reset();
}

}  // namespace
}  // namespace geoclimate::access
