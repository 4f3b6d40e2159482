#include "geoclimate/blob/s3/web_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <fstream>

#include "geoclimate/base/day.h"
#include "geoclimate/http_client/testing/scripted_server.h"

namespace geoclimate::blob {
namespace {

using http_client::testing::Connection;
using http_client::testing::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;

// Answers as the documentation of AssumeRoleWithWebIdentity shows, with credentials that last an
// hour from the test's start, numbered.
class WebIdentityTest : public testing::Test {
 protected:
  WebIdentityTest() {
    std::ofstream(token_file_) << "token/1+=\n";
    std::filesystem::last_write_time(token_file_, {});
  }

  void Serve(Connection& connection) {
    for (std::string request; !(request = connection.ReadRequest()).empty();) {
      {
        const base::MutexLock lock(mutex_);
        last_request_ = request;
      }
      const int number = ++asked_;
      if (status_ != 200) {
        connection.Answer(
            status_,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"
            "<Type>Sender</Type><Code>ExpiredTokenException</Code>"
            "<Message>Token expired</Message></Error></ErrorResponse>");
        continue;
      }
      connection.Answer(
          200, fmt::format(
                   "<AssumeRoleWithWebIdentityResponse "
                   "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                   "<AssumeRoleWithWebIdentityResult><Credentials><SessionToken>t{0}</SessionToken>"
                   "<SecretAccessKey>s{0}</SecretAccessKey><Expiration>{1}</Expiration>"
                   "<AccessKeyId>id{0}</AccessKeyId></Credentials>"
                   "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
                   number, base::FormatTimestamp(clock_.Now() + std::chrono::hours(1))));
    }
  }

  std::string LastRequest() {
    const base::MutexLock lock(mutex_);
    return last_request_;
  }

  std::string IdOrError(CredentialSource& source) {
    const auto credentials = source.Get();
    return credentials.ok() ? credentials->access_key_id
                            : std::string(base::ErrorCodeName(credentials.error().code()));
  }

  const std::filesystem::path token_file_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(24 * 365 * 30))};
  const base::SystemClock system_clock_;
  std::atomic<int> status_{200};
  std::atomic<int> asked_{0};
  base::Mutex mutex_;
  std::string last_request_ GUARDED_BY(mutex_);
  ScriptedServer server_{[this](Connection& connection) { Serve(connection); }};
  http_client::HttpClient client_{system_clock_};
  // The client's deadlines are of the system's clock, the life of the credentials of the fake one.
  WebIdentityCredentials source_{{.endpoint = fmt::format("http://127.0.0.1:{}", server_.port()),
                                  .role_arn = "arn:aws:iam::1:role/r",
                                  .token_file = token_file_,
                                  .timeout = std::chrono::hours(24 * 365 * 100)},
                                 client_,
                                 clock_};
};

TEST_F(WebIdentityTest, TheTokenIsExchangedForCredentials) {
  const auto credentials = source_.Get();
  ASSERT_TRUE(credentials.ok()) << credentials.error().message();
  EXPECT_EQ(credentials->access_key_id, "id1");
  EXPECT_EQ(credentials->secret_access_key, "s1");
  EXPECT_EQ(credentials->session_token, "t1");
  EXPECT_THAT(LastRequest(),
              HasSubstr("\r\n\r\nAction=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3A"
                        "role%2Fr&RoleSessionName=geoclimate&Version=2011-06-15&"
                        "WebIdentityToken=token%2F1%2B%3D"));
}

TEST_F(WebIdentityTest, TheyAreFetchedAgainBeforeTheyExpire) {
  EXPECT_EQ(IdOrError(source_), "id1");
  clock_.Advance(std::chrono::minutes(54));
  EXPECT_EQ(IdOrError(source_), "id1");
  clock_.Advance(std::chrono::minutes(2));
  std::ofstream(token_file_) << "token2";
  EXPECT_EQ(IdOrError(source_), "id2");
  EXPECT_THAT(LastRequest(), HasSubstr("WebIdentityToken=token2"));
}

TEST_F(WebIdentityTest, AServiceThatIsDownIsNotNeededBeforeTheyExpire) {
  EXPECT_EQ(IdOrError(source_), "id1");
  status_ = 503;
  clock_.Advance(std::chrono::minutes(56));
  EXPECT_EQ(IdOrError(source_), "id1");
  EXPECT_EQ(IdOrError(source_), "id1");
  EXPECT_EQ(asked_, 2);  // not at every request
  clock_.Advance(std::chrono::minutes(5));
  EXPECT_EQ(IdOrError(source_), "UNAVAILABLE");
  status_ = 200;
  EXPECT_EQ(IdOrError(source_), "id4");
}

TEST_F(WebIdentityTest, ARefusedTokenIsNamedWithoutItself) {
  status_ = 400;
  const auto refused = source_.Get();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnauthenticated);
  EXPECT_THAT(refused.error().message(), HasSubstr("ExpiredTokenException"));
  EXPECT_THAT(refused.error().message(), Not(HasSubstr("token/1")));
  std::filesystem::remove(token_file_);
  EXPECT_EQ(IdOrError(source_), "NOT_FOUND");
}

TEST_F(WebIdentityTest, WhatTheStoreRefusedIsFetchedAgain) {
  EXPECT_EQ(IdOrError(source_), "id1");
  source_.Refused();
  EXPECT_EQ(IdOrError(source_), "id2");
}

}  // namespace
}  // namespace geoclimate::blob
