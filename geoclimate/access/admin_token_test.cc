#include "geoclimate/access/admin_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace geoclimate::access {
namespace {

namespace fs = std::filesystem;

class AdminTokenTest : public testing::Test {
 protected:
  AdminTokenTest() {
    std::string name = testing::TempDir() + "admin_token_XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~AdminTokenTest() override { fs::remove_all(dir_); }

  std::string TokenOnDisk() const {
    std::ifstream file(dir_ / "admin.token");
    std::string token;
    std::getline(file, token);
    return token;
  }
  void Write(std::string_view text, fs::perms mode) {
    std::ofstream(dir_ / "admin.token") << text;
    fs::permissions(dir_ / "admin.token", mode);
  }

  fs::path dir_;
};

TEST_F(AdminTokenTest, IsMadeOnceForItsOwnerOnly) {
  const auto token = AdminToken::LoadOrCreate(dir_);
  ASSERT_TRUE(token.ok());
  struct stat status{};
  ASSERT_EQ(stat((dir_ / "admin.token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1);

  EXPECT_TRUE(token->Matches(TokenOnDisk()));
  const auto again = AdminToken::LoadOrCreate(dir_);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->Matches(TokenOnDisk()));
}

TEST_F(AdminTokenTest, MatchesTheWholeTokenOnly) {
  const auto token = AdminToken::LoadOrCreate(dir_);
  ASSERT_TRUE(token.ok());
  const std::string right = TokenOnDisk();
  std::string wrong = right;
  wrong.back() = wrong.back() == '0' ? '1' : '0';
  EXPECT_FALSE(token->Matches(wrong));
  EXPECT_FALSE(token->Matches(""));
  EXPECT_FALSE(token->Matches(right.substr(1)));
  EXPECT_FALSE(token->Matches(right + right));
}

TEST_F(AdminTokenTest, MakesTheDataFolder) {
  EXPECT_TRUE(AdminToken::LoadOrCreate(dir_ / "deep" / "data").ok());
}

TEST_F(AdminTokenTest, AFileThatOthersMayReadIsRefused) {
  ASSERT_TRUE(AdminToken::LoadOrCreate(dir_).ok());
  fs::permissions(dir_ / "admin.token", fs::perms(0640));
  const auto token = AdminToken::LoadOrCreate(dir_);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().code(), base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(token.error().message(), testing::HasSubstr("chmod 600"));
}

TEST_F(AdminTokenTest, AFileWithoutATokenIsRefusedWithoutShowingIt) {
  Write("hunter2", fs::perms(0600));
  const auto token = AdminToken::LoadOrCreate(dir_);
  ASSERT_FALSE(token.ok());
  EXPECT_EQ(token.error().code(), base::ErrorCode::kDataLoss);
  EXPECT_THAT(token.error().message(), testing::Not(testing::HasSubstr("hunter2")));
}

}  // namespace
}  // namespace geoclimate::access
