#include "geoclimate/fetch/source_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "geoclimate/http_client/testing/scripted_server.h"
#include "geoclimate/resilience/testing/recorded_sleeper.h"

namespace geoclimate::fetch {
namespace {

using base::ErrorCode;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Scripted {
  int status = 200;
  std::string fields;
  std::string body;
};

class SourceClientTest : public testing::Test {
 protected:
  base::Result<std::string> Get(const std::string& path = "/v3?key=s3cret") {
    return client_.Get<std::string>(server_.Url(path), {{"X-API-Key", "s3cret"}},
                                    [](std::string_view body) -> base::Result<std::string> {
                                      if (body == "broken") return base::DataLoss("no JSON");
                                      return std::string(body);
                                    });
  }
  void Script(std::vector<Scripted> answers) {
    const std::scoped_lock lock(mutex_);
    answers_.assign(answers.begin(), answers.end());
  }
  void Serve(http_client::testing::Connection& connection) {
    // One request a connection, so that the server ends with its client.
    if (connection.ReadRequest().empty()) return;
    Scripted answer{.status = 200, .fields = "", .body = "fine"};
    {
      const std::scoped_lock lock(mutex_);
      if (!answers_.empty()) {
        answer = answers_.front();
        answers_.pop_front();
      }
    }
    connection.Answer(answer.status, answer.body, answer.fields + "Connection: close\r\n");
  }

  static SourceLimits Limits() {
    return {.rates = {{.per_second = 2, .burst = 2}},
            .request_timeout = seconds(60),
            .retry = {.max_attempts = 3,
                      .base = milliseconds(1),
                      .cap = milliseconds(1),
                      .jitter = resilience::Jitter::kNone,
                      .longest_asked_wait = seconds(100)}};
  }

  std::mutex mutex_;
  std::deque<Scripted> answers_;
  http_client::testing::ScriptedServer server_{
      [this](http_client::testing::Connection& connection) { Serve(connection); }};
  base::FakeClock clock_{base::Timestamp(seconds(1'000'000))};
  resilience::testing::RecordedSleeper sleeper_{clock_};
  telemetry::MetricRegistry metrics_;
  resilience::CircuitBreaker breaker_{
      "sources.test", {.window_calls = 8, .min_calls = 8, .open_time = seconds(200)}, clock_};
  http_client::HttpClient http_{clock_};
  SourceClient client_{"Test", "s3cret", Limits(), http_, breaker_, sleeper_, clock_, metrics_, 1};
};

TEST_F(SourceClientTest, NeverAsksFasterThanTheServiceAllows) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(*Get(), "fine");
  EXPECT_THAT(sleeper_.sleeps,
              ElementsAre(milliseconds(500), milliseconds(500), milliseconds(500)));
  EXPECT_EQ(client_.requests(), 5U);
}

TEST_F(SourceClientTest, AsksAgainForWhatMaySucceedLater) {
  Script({{503, "", ""}, {200, "", "broken"}});
  EXPECT_EQ(*Get(), "fine");
  EXPECT_EQ(client_.requests(), 3U);
  Script({{500, "", ""}, {502, "", ""}, {504, "", "down"}});
  const auto failed = Get();
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(failed.error().message(), "Test answered 504: down");
}

TEST_F(SourceClientTest, WaitsAsLongAsItIsTold) {
  Script({{429, "Retry-After: 30\r\n", ""}, {429, "x-ratelimit-reset: 7\r\n", ""}});
  EXPECT_EQ(*Get(), "fine");
  ASSERT_GE(sleeper_.sleeps.size(), 2U);
  EXPECT_EQ(sleeper_.sleeps[0], seconds(30) + milliseconds(1));
  EXPECT_EQ(sleeper_.sleeps[1], seconds(7) + milliseconds(1));
}

TEST_F(SourceClientTest, GivesUpWhenTheWaitIsTooLongAndHoldsTheNextRequest) {
  Script({{429, "Retry-After: 101\r\n", "slow down"}});
  const auto result = Get();
  EXPECT_EQ(result.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(sleeper_.sleeps.empty());
  EXPECT_EQ(*Get(), "fine");
  EXPECT_THAT(sleeper_.sleeps, ElementsAre(seconds(101)));
}

TEST_F(SourceClientTest, DoesNotAskAgainWhereThatDoesNotHelp) {
  const std::vector<std::pair<int, ErrorCode>> statuses = {
      {400, ErrorCode::kInvalidArgument},    {401, ErrorCode::kUnauthenticated},
      {403, ErrorCode::kUnauthenticated},    {404, ErrorCode::kNotFound},
      {410, ErrorCode::kFailedPrecondition}, {422, ErrorCode::kInvalidArgument}};
  for (const auto& [status, code] : statuses) {
    const std::uint64_t before = client_.requests();
    Script({{status, "", "what it says"}});
    EXPECT_EQ(Get().error().code(), code) << status;
    EXPECT_EQ(client_.requests(), before + 1) << status;
  }
  EXPECT_EQ(breaker_.state(), resilience::BreakerState::kClosed)
      << "a service that answers is well";
}

TEST_F(SourceClientTest, NoErrorHoldsTheKey) {
  Script({{400, "", "bad request /v3?key=s3cret&x=1"}});
  const auto refused = Get();
  EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(refused.error().ToString(), HasSubstr("key=***"));
  const auto unreachable = client_.Get<int>("http://127.0.0.1:1/v3?key=s3cret", {},
                                            [](std::string_view) { return base::Result<int>(1); });
  EXPECT_EQ(unreachable.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(unreachable.error().ToString(), Not(HasSubstr("s3cret")));
}

TEST_F(SourceClientTest, LeavesAServiceAloneThatKeepsFailing) {
  Script(std::vector<Scripted>(20, {500, "", ""}));
  EXPECT_FALSE(Get().ok());
  EXPECT_FALSE(Get().ok());
  const auto refused = Get();
  EXPECT_EQ(refused.error().message(), "the circuit breaker 'sources.test' is open");
  EXPECT_EQ(breaker_.state(), resilience::BreakerState::kOpen);
  EXPECT_EQ(client_.requests(), 8U);
}

TEST_F(SourceClientTest, EndsWithItsSleeper) {
  Script({{503, "", ""}});
  sleeper_.stop_at = 1;
  EXPECT_EQ(Get().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(client_.requests(), 1U);
}

}  // namespace
}  // namespace geoclimate::fetch
