#include "geoclimate/resilience/retry.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/resilience/testing/recorded_sleeper.h"

namespace geoclimate::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RetryTest : public ::testing::Test {
 protected:
  Retry Make(RetryOptions options) {
    return Retry(options, budget_, clock_, sleeper_, 1, RetryMetrics::Add(registry_, "storage"));
  }
  std::string Metrics() const {
    std::string text;
    registry_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }
  base::Deadline Never() const { return base::Deadline::Never(); }

  base::FakeClock clock_{base::Timestamp(seconds(100))};
  testing::RecordedSleeper sleeper_{clock_};
  RetryBudget budget_{{.ratio = 0.5, .reserve = 4}};
  telemetry::MetricRegistry registry_;
  int calls_ = 0;
};

TEST_F(RetryTest, GivesTheFirstAnswerThatSucceeds) {
  Retry retry = Make({.max_attempts = 5, .base = milliseconds(100), .jitter = Jitter::kNone});
  const auto result = retry.Run(Never(), [&](Attempt& attempt) -> base::Result<int> {
    ++calls_;
    if (attempt.number() < 3) return base::Unavailable("away");
    return 7;
  });
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(calls_, 3);
  EXPECT_THAT(sleeper_.sleeps, ElementsAre(milliseconds(100), milliseconds(200)));
  EXPECT_THAT(Metrics(), HasSubstr(R"(retries_total{name="storage",outcome="failed"} 1)"));
  EXPECT_THAT(Metrics(), HasSubstr(R"(retries_total{name="storage",outcome="succeeded"} 1)"));
}

TEST_F(RetryTest, GivesTheLastFailureAfterTheLastAttempt) {
  Retry retry = Make({.max_attempts = 3});
  const auto result = retry.Run(Never(), [&](Attempt&) -> base::Result<int> {
    return base::Unavailable(std::to_string(++calls_));
  });
  EXPECT_EQ(result.error().message(), "3");
  EXPECT_THAT(Metrics(), HasSubstr(R"(retries_total{name="storage",outcome="exhausted"} 1)"));
}

TEST_F(RetryTest, DoesNotRepeatWhatRepeatingDoesNotHelp) {
  Retry retry = Make({});
  for (int code = 1; code <= 16; ++code) {
    calls_ = 0;
    EXPECT_FALSE(retry
                     .Run(Never(),
                          [&](Attempt&) -> base::Result<int> {
                            ++calls_;
                            return base::Error(static_cast<base::ErrorCode>(code), "x");
                          })
                     .ok());
    const bool unavailable = static_cast<base::ErrorCode>(code) == base::ErrorCode::kUnavailable;
    EXPECT_EQ(calls_, unavailable ? 3 : 1) << code;
  }
}

TEST_F(RetryTest, WaitsAtLeastAsLongAsItWasAskedTo) {
  Retry retry = Make({.max_attempts = 2, .base = milliseconds(100)});
  EXPECT_FALSE(retry
                   .Run(Never(),
                        [&](Attempt& attempt) -> base::Result<void> {
                          attempt.AskedToWait(seconds(30));
                          return base::Error(base::ErrorCode::kResourceExhausted, "too many");
                        })
                   .ok());
  ASSERT_EQ(sleeper_.sleeps.size(), 1U);
  EXPECT_GE(sleeper_.sleeps[0], seconds(30));
  EXPECT_LT(sleeper_.sleeps[0], seconds(30) + milliseconds(100));
}

TEST_F(RetryTest, GivesUpWhenAskedToWaitTooLong) {
  Retry retry = Make({.longest_asked_wait = seconds(60)});
  EXPECT_FALSE(retry
                   .Run(Never(),
                        [&](Attempt& attempt) -> base::Result<void> {
                          attempt.AskedToWait(seconds(61));
                          return base::Unavailable("maintenance");
                        })
                   .ok());
  EXPECT_TRUE(sleeper_.sleeps.empty());
  EXPECT_THAT(Metrics(), HasSubstr(R"(retries_total{name="storage",outcome="out_of_time"} 1)"));
}

TEST_F(RetryTest, DoesNotSleepPastTheDeadline) {
  Retry retry = Make({.max_attempts = 10,
                      .base = milliseconds(400),
                      .cap = milliseconds(400),
                      .jitter = Jitter::kNone});
  const base::Deadline deadline = base::Deadline::After(clock_, seconds(1));
  EXPECT_FALSE(retry
                   .Run(deadline,
                        [&](Attempt& attempt) -> base::Result<void> {
                          EXPECT_EQ(attempt.deadline().at(), deadline.at());
                          ++calls_;
                          return base::Unavailable("away");
                        })
                   .ok());
  EXPECT_EQ(calls_, 3);
  EXPECT_FALSE(deadline.Expired(clock_));
}

TEST_F(RetryTest, StopsWhenTheBudgetOfAllCallsIsSpent) {
  Retry retry = Make({.max_attempts = 3});
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(retry
                     .Run(Never(),
                          [&](Attempt&) -> base::Result<void> {
                            ++calls_;
                            return base::Unavailable("away");
                          })
                     .ok());
  }
  // 100 first attempts, the reserve of 4, and a half for each call after the first two.
  EXPECT_GE(calls_, 150);
  EXPECT_LE(calls_, 154);
  EXPECT_THAT(Metrics(), HasSubstr(R"(retries_total{name="storage",outcome="over_budget"})"));
}

TEST_F(RetryTest, EndsWithTheSleeper) {
  Retry retry = Make({.max_attempts = 10});
  sleeper_.stop_at = 2;
  EXPECT_FALSE(retry
                   .Run(Never(),
                        [&](Attempt&) -> base::Result<void> {
                          ++calls_;
                          return base::Unavailable("away");
                        })
                   .ok());
  EXPECT_EQ(calls_, 2);
}

TEST_F(RetryTest, JitterFillsTheWholeBackOff) {
  Retry retry = Make({.max_attempts = 3, .base = milliseconds(100), .cap = milliseconds(1000)});
  for (std::uint32_t number : {1U, 2U, 4U, 5U, 100U}) {
    const auto most =
        std::min(milliseconds(1000), milliseconds(100) * (1 << std::min(number - 1, 9U)));
    nanoseconds least_seen = most, most_seen{0}, sum{0};
    for (int i = 0; i < 2000; ++i) {
      const nanoseconds wait = retry.BackOff(number);
      least_seen = std::min(least_seen, wait);
      most_seen = std::max(most_seen, wait);
      sum += wait;
    }
    EXPECT_GE(least_seen, nanoseconds(0));
    EXPECT_LT(least_seen, most / 50);
    EXPECT_LT(most_seen, most);
    EXPECT_GT(most_seen, most * 49 / 50);
    EXPECT_GT(sum / 2000, most * 45 / 100);
    EXPECT_LT(sum / 2000, most * 55 / 100);
  }
}

TEST(RetryOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(RetryOptions().Validate().ok());
  EXPECT_FALSE(RetryOptions{.max_attempts = 0}.Validate().ok());
  EXPECT_FALSE((RetryOptions{.base = milliseconds(0)}).Validate().ok());
  EXPECT_FALSE((RetryOptions{.base = milliseconds(9), .cap = milliseconds(8)}).Validate().ok());
}

TEST(RetryBudget, IsAShareOfTheCalls) {
  RetryBudget budget({.ratio = 0.1, .reserve = 2});
  EXPECT_TRUE(budget.TryWithdraw());
  EXPECT_TRUE(budget.TryWithdraw());
  EXPECT_FALSE(budget.TryWithdraw());
  for (int i = 0; i < 9; ++i) budget.Deposit();
  EXPECT_FALSE(budget.TryWithdraw());
  budget.Deposit();
  EXPECT_TRUE(budget.TryWithdraw());
  for (int i = 0; i < 1000; ++i) budget.Deposit();
  EXPECT_EQ(budget.balance(), 2);
}

TEST(RetryBudget, WithoutReserveStillEarnsARetry) {
  RetryBudget budget({.ratio = 0.5, .reserve = 0});
  EXPECT_FALSE(budget.TryWithdraw());
  budget.Deposit();
  budget.Deposit();
  EXPECT_TRUE(budget.TryWithdraw());
  EXPECT_FALSE(RetryBudget({.ratio = 0, .reserve = 0}).TryWithdraw());
}

TEST(ThreadSleeper, WakesForGoodWhenStopped) {
  ThreadSleeper sleeper;
  EXPECT_TRUE(sleeper.Sleep(nanoseconds(1)));
  std::atomic<bool> slept{true};
  std::thread thread([&] { slept = sleeper.Sleep(std::chrono::hours(1)); });
  sleeper.Stop();
  thread.join();
  EXPECT_FALSE(slept);
  EXPECT_FALSE(sleeper.Sleep(std::chrono::hours(1)));
}

}  // namespace
}  // namespace geoclimate::resilience
