#include "geoclimate/access/api_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace geoclimate::access {
namespace {

TEST(ApiKey, IsFoundAgainByWhatIsShown) {
  const auto key = MakeApiKey();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->secret.size(), 47U);
  EXPECT_EQ(key->prefix, key->secret.substr(0, 12));
  EXPECT_EQ(DigestOfApiKey(key->secret), key->digest);
  EXPECT_EQ(key->digest, formats::Sha256(key->secret));
}

TEST(ApiKey, NoTwoAreAlike) {
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) secrets.insert(MakeApiKey()->secret);
  EXPECT_EQ(secrets.size(), 100U);
}

TEST(ApiKey, AnotherFormIsNoKey) {
  const std::string secret = MakeApiKey()->secret;
  for (const std::string& other :
       {std::string(), secret.substr(1), secret + "A", "GSC_" + secret.substr(4),
        secret.substr(0, 46) + "=", secret.substr(0, 46) + "\n", std::string(47, 'a')}) {
    EXPECT_EQ(DigestOfApiKey(other), std::nullopt) << other;
  }
  std::string changed = secret;
  changed[20] = changed[20] == 'x' ? 'y' : 'x';
  EXPECT_NE(DigestOfApiKey(changed), DigestOfApiKey(secret));
}

}  // namespace
}  // namespace geoclimate::access
