#include "geoclimate/blob/s3/credentials_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace geoclimate::blob {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kText =
    "# keys\n[default]\naws_access_key_id = ID1\r\naws_secret_access_key=a=b/+\n\n"
    "[ other ]\nregion = eu\n; note\naws_access_key_id = ID2\naws_secret_access_key = s\n"
    "aws_session_token = t\n[empty]\n[half]\naws_access_key_id = ID3\n";

TEST(Credentials, OfAProfileAreRead) {
  const auto first = ParseCredentials(kText, "default");
  ASSERT_TRUE(first.ok()) << first.error().message();
  EXPECT_EQ(first->access_key_id, "ID1");
  EXPECT_EQ(first->secret_access_key, "a=b/+");
  EXPECT_EQ(first->session_token, "");
  const auto other = ParseCredentials(kText, "other");
  ASSERT_TRUE(other.ok()) << other.error().message();
  EXPECT_EQ(other->session_token, "t");
}

TEST(Credentials, WhatIsMissingIsNamed) {
  EXPECT_EQ(ParseCredentials(kText, "none").error().code(), base::ErrorCode::kNotFound);
  EXPECT_THAT(ParseCredentials(kText, "empty").error().message(), HasSubstr("aws_access_key_id"));
  EXPECT_THAT(ParseCredentials(kText, "half").error().message(),
              HasSubstr("aws_secret_access_key"));
  EXPECT_THAT(ParseCredentials("[default]\nsecret\n", "default").error().message(),
              ::testing::AllOf(HasSubstr("line 2"), Not(HasSubstr("secret"))));
}

class CredentialsFileTest : public testing::Test {
 protected:
  void Write(std::string_view id, int seconds) {
    std::ofstream(path_) << "[default]\naws_access_key_id = " << id
                         << "\naws_secret_access_key = s\n";
    // So that each write shows, however coarse the times of the file system are.
    std::filesystem::last_write_time(
        path_, std::filesystem::file_time_type(std::chrono::seconds(seconds)));
  }
  const std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) /
                                      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(CredentialsFileTest, AChangedFileIsReadAgain) {
  Write("ID1", 1);
  CredentialsFile source(path_, "default");
  EXPECT_EQ(source.Get()->access_key_id, "ID1");
  Write("ID2", 2);
  EXPECT_EQ(source.Get()->access_key_id, "ID2");
  Write("ID3", 2);
  EXPECT_EQ(source.Get()->access_key_id, "ID2");
  source.Refused();
  EXPECT_EQ(source.Get()->access_key_id, "ID3");
}

TEST_F(CredentialsFileTest, AFileThatIsGoneOrTornLeavesWhatWasThere) {
  std::filesystem::remove(path_);
  CredentialsFile source(path_, "default");
  EXPECT_EQ(source.Get().error().code(), base::ErrorCode::kNotFound);
  Write("ID1", 1);
  EXPECT_EQ(source.Get()->access_key_id, "ID1");
  std::ofstream(path_) << "torn";
  EXPECT_EQ(source.Get()->access_key_id, "ID1");
  std::filesystem::remove(path_);
  EXPECT_EQ(source.Get()->access_key_id, "ID1");
}

}  // namespace
}  // namespace geoclimate::blob
