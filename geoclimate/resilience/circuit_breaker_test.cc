#include "geoclimate/resilience/circuit_breaker.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

CircuitBreakerOptions Options() {
  return {.failure_rate = 0.5,
          .window_calls = 10,
          .min_calls = 4,
          .open_time = seconds(5),
          .half_open_probes = 3,
          .probe_time = seconds(20)};
}

class CircuitBreakerTest : public ::testing::Test {
 protected:
  CircuitBreaker Make(const CircuitBreakerOptions& options) {
    return CircuitBreaker("sources", options, clock_,
                          [this](const BreakerTransition& t) { transitions_.push_back(t); });
  }
  static void Succeed(CircuitBreaker& breaker, int calls, milliseconds took = {}) {
    for (int i = 0; i < calls; ++i) {
      auto permit = breaker.TryAcquire();
      ASSERT_TRUE(permit.has_value());
      permit->Succeeded(took);
    }
  }
  static void Fail(CircuitBreaker& breaker, int calls) {
    for (int i = 0; i < calls; ++i) {
      auto permit = breaker.TryAcquire();
      ASSERT_TRUE(permit.has_value());
      permit->Failed();
    }
  }

  base::FakeClock clock_{base::Timestamp(seconds(1000))};
  std::vector<BreakerTransition> transitions_;
};

TEST_F(CircuitBreakerTest, OpensWhenTheFailureRateIsReachedAndNotBeforeMinCalls) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 3);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  EXPECT_FALSE(breaker.TryAcquire().has_value());
  EXPECT_EQ(breaker.refused(), 1U);
  EXPECT_EQ(breaker.UntilProbe(), seconds(5));
  EXPECT_EQ(breaker.Refusal().code(), base::ErrorCode::kUnavailable);
  EXPECT_EQ(breaker.Refusal().message(), "the circuit breaker 'sources' is open");
}

TEST_F(CircuitBreakerTest, ForgetsWhatHasLeftTheWindow) {
  CircuitBreaker breaker = Make(Options());
  Succeed(breaker, 6);
  Fail(breaker, 4);
  EXPECT_EQ(breaker.counts().failed, 4U);
  Succeed(breaker, 10);
  EXPECT_EQ(breaker.counts().failed, 0U);
  EXPECT_EQ(breaker.counts().calls, 10U);
  Fail(breaker, 4);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, OpensForCallsThatAreSlow) {
  CircuitBreakerOptions options = Options();
  options.slow_call = milliseconds(100);
  options.slow_call_rate = 0.8;
  CircuitBreaker breaker = Make(options);
  Succeed(breaker, 1, milliseconds(99));
  Succeed(breaker, 3, milliseconds(100));
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Succeed(breaker, 1, milliseconds(400));
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, ClosesWithAnEmptyWindowWhenTheProbesSucceed) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5) - milliseconds(1));
  EXPECT_FALSE(breaker.TryAcquire().has_value());
  clock_.Advance(milliseconds(1));
  Succeed(breaker, 2);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  Succeed(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  EXPECT_EQ(breaker.counts().calls, 0U);
  Fail(breaker, 3);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, OpensAgainAsSoonAsTheProbesCannotBeGoodAnyMore) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen) << "one of three is below a half";
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  EXPECT_EQ(breaker.UntilProbe(), seconds(5));
}

TEST_F(CircuitBreakerTest, AdmitsAsManyProbesAsItHasPlaces) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  std::vector<CallPermit> probes;
  for (int i = 0; i < 3; ++i) probes.push_back(*breaker.TryAcquire());
  EXPECT_FALSE(breaker.TryAcquire().has_value());
  probes[0].Succeeded();
  EXPECT_FALSE(breaker.TryAcquire().has_value()) << "a report does not free the place";
}

TEST_F(CircuitBreakerTest, GivesThePlaceOfACallThatWasNotMadeToTheNext) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(breaker.TryAcquire().has_value()) << "dropped each time";
  }
  Succeed(breaker, 3);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, IsNotHeldHalfOpenByProbesThatNeverReport) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  std::vector<CallPermit> lost;
  for (int i = 0; i < 3; ++i) lost.push_back(*breaker.TryAcquire());
  clock_.Advance(seconds(20) - milliseconds(1));
  EXPECT_FALSE(breaker.TryAcquire().has_value());
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  clock_.Advance(milliseconds(1));
  EXPECT_FALSE(breaker.TryAcquire().has_value()) << "three lost probes have failed";
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
  clock_.Advance(seconds(5));
  Succeed(breaker, 3);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  for (CallPermit& permit : lost) permit.Failed();
  EXPECT_EQ(breaker.counts().calls, 0U) << "what reports a state too late says nothing";
}

TEST_F(CircuitBreakerTest, JudgesALostProbeWithTheOthers) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  const CallPermit lost = *breaker.TryAcquire();
  Succeed(breaker, 2);
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  clock_.Advance(seconds(20));
  EXPECT_TRUE(breaker.TryAcquire().has_value()) << "one of three is below a half";
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, IgnoresReportsOfAnEarlierState) {
  CircuitBreaker breaker = Make(Options());
  std::vector<CallPermit> early;
  for (int i = 0; i < 3; ++i) early.push_back(*breaker.TryAcquire());
  Fail(breaker, 4);
  early[0].Succeeded();
  clock_.Advance(seconds(5));
  CallPermit probe = *breaker.TryAcquire();
  early[1].Failed();
  early[2].Failed();
  EXPECT_EQ(breaker.state(), BreakerState::kHalfOpen);
  probe.Succeeded();
  Succeed(breaker, 2);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
}

TEST_F(CircuitBreakerTest, CountsTheCallsOfAWindowOfTime) {
  CircuitBreakerOptions options = Options();
  options.window_time = seconds(10);
  CircuitBreaker breaker = Make(options);
  Fail(breaker, 3);
  clock_.Advance(seconds(10));
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed) << "the first three are too old";
  EXPECT_EQ(breaker.counts().calls, 1U);
  Succeed(breaker, 300);
  EXPECT_EQ(breaker.counts().calls, 301U);
  clock_.Advance(seconds(9));
  Fail(breaker, 200);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Fail(breaker, 99);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, ForgetsAWindowOfTimeWhenItCloses) {
  CircuitBreakerOptions options = Options();
  options.window_time = seconds(100);
  CircuitBreaker breaker = Make(options);
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  Succeed(breaker, 3);
  EXPECT_EQ(breaker.counts().calls, 0U);
  Fail(breaker, 3);
  EXPECT_EQ(breaker.state(), BreakerState::kClosed);
  Fail(breaker, 1);
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST_F(CircuitBreakerTest, TellsItsListenerOfEachTransitionInOrder) {
  CircuitBreaker breaker = Make(Options());
  Fail(breaker, 4);
  clock_.Advance(seconds(5));
  Succeed(breaker, 3);
  ASSERT_EQ(transitions_.size(), 3U);
  EXPECT_EQ(transitions_[0].from, BreakerState::kClosed);
  EXPECT_EQ(transitions_[0].to, BreakerState::kOpen);
  EXPECT_EQ(transitions_[1].to, BreakerState::kHalfOpen);
  EXPECT_EQ(transitions_[2].to, BreakerState::kClosed);
  EXPECT_EQ(transitions_[2].number, 3U);
  EXPECT_EQ(transitions_[2].name, "sources");
}

TEST_F(CircuitBreakerTest, RunCountsWhatTellsAgainstTheServiceAndNothingElse) {
  CircuitBreaker breaker = Make(Options());
  const auto answer = [](base::Error error) {
    return [error]() -> base::Result<int> { return error; };
  };
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(breaker.Run(answer(base::NotFound("no such row"))).ok());
    EXPECT_FALSE(breaker.Run(answer({base::ErrorCode::kResourceExhausted, "quota"})).ok());
  }
  EXPECT_EQ(breaker.counts().failed, 0U);
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(breaker.Run(answer({base::ErrorCode::kCancelled, "gone"})).ok());
  }
  EXPECT_EQ(breaker.counts().calls, 10U);
  int calls = 0;
  for (int i = 0; i < 20; ++i) {
    const auto result = breaker.Run([&]() -> base::Result<int> {
      ++calls;
      return base::Unavailable("refused");
    });
    EXPECT_EQ(result.error().code(), base::ErrorCode::kUnavailable);
  }
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(breaker.refused(), 15U);
}

TEST_F(CircuitBreakerTest, RunTimesTheCall) {
  CircuitBreakerOptions options = Options();
  options.slow_call = seconds(2);
  CircuitBreaker breaker = Make(options);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(breaker
                    .Run([&]() -> base::Result<int> {
                      clock_.Advance(seconds(2));
                      return 1;
                    })
                    .ok());
  }
  EXPECT_EQ(breaker.state(), BreakerState::kOpen);
}

TEST(CircuitBreakerOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(CircuitBreakerOptions().Validate().ok());
  const auto refused = [](auto change) {
    CircuitBreakerOptions options;
    change(options);
    return !options.Validate().ok();
  };
  EXPECT_TRUE(refused([](auto& o) { o.failure_rate = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.slow_call_rate = 1.1; }));
  EXPECT_TRUE(refused([](auto& o) { o.window_calls = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.min_calls = 101; }));
  EXPECT_TRUE(refused([](auto& o) { o.min_calls = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.window_time = milliseconds(999); }));
  EXPECT_TRUE(refused([](auto& o) { o.half_open_probes = 256; }));
  EXPECT_TRUE(refused([](auto& o) { o.half_open_probes = 0; }));
  EXPECT_TRUE(refused([](auto& o) { o.open_time = milliseconds(0); }));
  EXPECT_TRUE(refused([](auto& o) { o.probe_time = milliseconds(0); }));
}

}  // namespace
}  // namespace geoclimate::resilience
