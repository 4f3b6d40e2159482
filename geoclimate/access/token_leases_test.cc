#include "geoclimate/access/token_leases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/access/activity.h"
#include "geoclimate/access/address_limits.h"
#include "geoclimate/redis/testing/redis_server.h"

namespace geoclimate::access {
namespace {

using redis::testing::RedisServer;
using std::chrono::milliseconds;

// So little that none comes back while a test runs.
constexpr double kHardlyAny = 1e-3;

// One process of several: leases over connections of its own.
class Replica {
 public:
  explicit Replica(const RedisServer& server, TokenLeaseOptions options = {})
      : pool_(server.endpoint(), {}, clock_, metrics_) {
    // A busy machine decides no test.
    options.answer_timeout = std::chrono::minutes(1);
    options.presence_interval = milliseconds(20);
    leases_ = std::make_unique<TokenLeases>(pool_, breaker_, clock_, metrics_, options);
  }

  TokenLeases& leases() { return *leases_; }
  std::shared_ptr<LeasedBucket> Bucket(const std::string& key, double per_second, double burst) {
    return std::make_shared<LeasedBucket>(
        key, resilience::TokenBucketOptions{.per_second = per_second, .burst = burst},
        leases_.get(), clock_);
  }
  std::string Metrics() const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }

 private:
  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  resilience::CircuitBreaker breaker_{
      "redis", {.window_calls = 10, .min_calls = 3, .open_time = std::chrono::seconds(1)}, clock_};
  redis::ConnectionPool pool_;
  std::unique_ptr<TokenLeases> leases_;
};

void Until(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::yield();
}

// All that can be had: until nothing more comes and no question is under way.
int TakeAll(LeasedBucket& bucket) {
  int taken = 0;
  for (int refused = 0; refused < 200;) {
    if (bucket.TryTake()) {
      ++taken;
      refused = 0;
    } else {
      ++refused;
      std::this_thread::sleep_for(milliseconds(1));  // questions are asked every 10 ms
    }
  }
  return taken;
}

class TokenLeasesTest : public testing::Test {
 protected:
  void AwaitBoth() {
    Until([this] { return a_.leases().reachable() && b_.leases().reachable(); });
    Until([this] { return a_.leases().replicas() == 2 && b_.leases().replicas() == 2; });
  }

  RedisServer server_;
  Replica a_{server_};
  Replica b_{server_};
};

TEST_F(TokenLeasesTest, TwoProcessesTogetherLetInOneBurst) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  const auto on_b = b_.Bucket("k", kHardlyAny, 100);
  std::atomic<int> taken{0};
  std::thread other([&] { taken += TakeAll(*on_b); });
  taken += TakeAll(*on_a);
  other.join();
  // What is let in before the first answer is settled afterwards; what two let in on their shares
  // while the last tokens went is the bound: a share of the burst each.
  EXPECT_GE(taken, 100);
  EXPECT_LE(taken, 200);
  // And it is owed: the shared bucket has none for long.
  EXPECT_EQ(TakeAll(*on_a), 0);
  EXPECT_EQ(on_a->standing(60).remaining, 0U);
  EXPECT_GE(on_a->standing(60).retry_after, std::chrono::seconds(1));
}

TEST_F(TokenLeasesTest, OneProcessMayUseAllOfTheRate) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  const int taken = TakeAll(*on_a);
  EXPECT_GE(taken, 100) << "more than its share, as nobody else uses the rest";
  EXPECT_LE(taken, 150);
}

TEST_F(TokenLeasesTest, WhatABatchCostsIsOwedByAll) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 10);
  const auto on_b = b_.Bucket("k", kHardlyAny, 10);
  ASSERT_TRUE(on_a->TryTake());
  on_a->Charge(1'000);
  // Told when it is asked for the next block.
  Until([&] { return server_.Run({"PTTL", "k"}).integer > 900'000'000; });
  EXPECT_LE(TakeAll(*on_b), 5) << "no more than its share, before it was told";
}

TEST_F(TokenLeasesTest, TokensThatNobodySpentGoBack) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 4);
  const auto on_b = b_.Bucket("k", kHardlyAny, 4);
  ASSERT_TRUE(on_a->TryTake());
  // A second later all but the one are there for others.
  Until([&] {
    const auto full_at = server_.Run({"PTTL", "k"}).integer;
    return full_at > 0 && full_at < 1'002'000;
  });
  // One more where a request came while the last one was being asked for, which is owed then.
  EXPECT_THAT(TakeAll(*on_b), testing::AnyOf(3, 4));
}

TEST_F(TokenLeasesTest, WithoutRedisEachKeepsToItsPart) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  server_.Stop();
  Until([this] { return !a_.leases().reachable(); });
  EXPECT_EQ(TakeAll(*on_a), 50);
  EXPECT_FALSE(on_a->TryTake());
  EXPECT_EQ(on_a->standing(60).remaining, 0U);
  EXPECT_THAT(a_.Metrics(), testing::HasSubstr("rate_limit_shared 0"));
}

// When Redis ended, a process that had spent its part had a whole burst again.
TEST_F(TokenLeasesTest, TheEndOfRedisIsNoFreshBurst) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  TakeAll(*on_a);
  server_.Stop();
  Until([this] { return !a_.leases().reachable(); });
  EXPECT_EQ(TakeAll(*on_a), 0);
}

TEST_F(TokenLeasesTest, ARedisThatComesBackIsUsedAgain) {
  AwaitBoth();
  server_.Stop();
  Until([this] { return !a_.leases().reachable() && !b_.leases().reachable(); });
  server_.Start();
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  EXPECT_GE(TakeAll(*on_a), 100);
}

TEST_F(TokenLeasesTest, ARedisThatStandsStillIsNotWaitedFor) {
  AwaitBoth();
  const auto on_a = a_.Bucket("k", kHardlyAny, 100);
  server_.Pause();
  // The first goes unanswered: all that are let in are within the share.
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += on_a->TryTake() ? 1 : 0;
  EXPECT_EQ(taken, 50);
  server_.Resume();
}

TEST_F(TokenLeasesTest, ARedisThatTakesNothingIsAsGoodAsNone) {
  AwaitBoth();
  server_.Run({"CONFIG", "SET", "maxmemory", "1"});
  Until([this] { return !a_.leases().reachable(); });
  EXPECT_EQ(TakeAll(*a_.Bucket("k", kHardlyAny, 100)), 50);
}

TEST_F(TokenLeasesTest, CallersOfTheSameIdAndAnotherKindAreApart) {
  AwaitBoth();
  base::SystemClock clock;
  const RateLimitOptions rate{.requests_per_minute = 1, .burst = 4, .leases = &a_.leases()};
  Activity key("x", "", {.rate = rate}, clock);
  Activity subject("x", "", {.rate = rate, .kind = "subject"}, clock);
  AddressLimits addresses(rate, clock);
  ASSERT_TRUE(key.TakeRequest());
  ASSERT_TRUE(subject.TakeRequest());
  ASSERT_TRUE(addresses.Take(*Address::Parse("192.0.2.1")).admitted);
  Until([this] {
    return server_
               .Run({"EXISTS", "geoclimate:rate:key:x", "geoclimate:rate:subject:x",
                     "geoclimate:rate:address:00000000000000000000ffffc0000201"})
               .integer == 3;
  });
}

TEST_F(TokenLeasesTest, ThreadsTogetherTakeWhatOneWould) {
  AwaitBoth();
  const auto bucket = a_.Bucket("k", kHardlyAny, 1'000);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { taken += TakeAll(*bucket); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(taken, 1'000);
  EXPECT_LE(taken, 1'500);
}

}  // namespace
}  // namespace geoclimate::access
