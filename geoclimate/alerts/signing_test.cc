#include "geoclimate/alerts/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "geoclimate/base/check.h"

namespace geoclimate::alerts {
namespace {

namespace fs = std::filesystem;

class SigningTest : public testing::Test {
 protected:
  SigningTest() {
    std::string name = testing::TempDir() + "signing_XXXXXX";
    GC_CHECK(mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    folder_ = name;
  }
  ~SigningTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(SigningTest, AKeyIsMadeOnceForItsOwnerOnly) {
  const auto key = SigningKey::LoadOrCreate(folder_);
  ASSERT_TRUE(key.ok()) << key.error().message();
  struct stat status{};
  ASSERT_EQ(stat((folder_ / "alerts.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto again = SigningKey::LoadOrCreate(folder_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id(), key->id());
  EXPECT_EQ(again->SecretOf("alr_a"), key->SecretOf("alr_a"));
}

TEST_F(SigningTest, EachAlertHasASecretOfItsOwnAndTheIdTellsNothing) {
  const auto key = SigningKey::LoadOrCreate(folder_);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->SecretOf("alr_a").size(), 32U);
  EXPECT_NE(key->SecretOf("alr_a"), key->SecretOf("alr_b"));
  std::ifstream file(folder_ / "alerts.key");
  std::string kept;
  std::getline(file, kept);
  EXPECT_EQ(kept.find(key->id()), std::string::npos);
}

TEST_F(SigningTest, ASharedFileMayBeItsGroupsAndNobodyElses) {
  ASSERT_TRUE(SigningKey::LoadOrCreate(folder_).ok());
  const fs::path file = folder_ / "alerts.key";
  EXPECT_EQ(SigningKey::Load(folder_ / "none").error().code(), base::ErrorCode::kNotFound);
  fs::permissions(file, fs::perms(0440));
  EXPECT_TRUE(SigningKey::Load(file).ok());
  fs::permissions(file, fs::perms(0444));
  EXPECT_EQ(SigningKey::Load(file).error().code(), base::ErrorCode::kPermissionDenied);
  fs::permissions(file, fs::perms(0600));
  std::ofstream(file) << "hunter2";
  const auto wrong = SigningKey::Load(file);
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().message(), testing::Not(testing::HasSubstr("hunter2")));
}

// Made with Python: base64.b64encode(hmac.new(base64.b64decode(secret), signed, "sha256").digest())
TEST(Signature, IsThatOfStandardWebhooks) {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  EXPECT_EQ(ShownSecret(secret), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
  EXPECT_EQ(SignEvent(secret, "evt_1", base::Timestamp(std::chrono::seconds(1'700'000'000)),
                      R"({"a":1})"),
            "v1,E91RjL3XwKNvhbIjLEB4Oo053Uu727CszikrY+6s9HE=");
}

TEST(Ids, AreNeverTheSame) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const auto id = MakeId("evt_");
    ASSERT_TRUE(id.ok());
    EXPECT_EQ(id->size(), 26U);
    ids.insert(*id);
  }
  EXPECT_EQ(ids.size(), 1000U);
}

}  // namespace
}  // namespace geoclimate::alerts
