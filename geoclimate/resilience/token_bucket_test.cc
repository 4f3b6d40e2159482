#include "geoclimate/resilience/token_bucket.h"

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::resilience {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class TokenBucketTest : public ::testing::Test {
 protected:
  base::FakeClock clock_{base::Timestamp(seconds(1000))};
};

TEST_F(TokenBucketTest, GivesABurstAndThenTheRate) {
  TokenBucket bucket({.per_second = 10, .burst = 3}, clock_);
  EXPECT_EQ(bucket.available(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.TryTake());
  EXPECT_FALSE(bucket.TryTake());
  EXPECT_EQ(bucket.available(), 0U);
  EXPECT_EQ(bucket.UntilAvailable(), milliseconds(100));
  EXPECT_EQ(bucket.UntilAvailable(2), milliseconds(200));
  clock_.Advance(milliseconds(100));
  EXPECT_TRUE(bucket.TryTake());
  EXPECT_FALSE(bucket.TryTake());
  clock_.Advance(seconds(100));
  EXPECT_EQ(bucket.available(), 3U) << "no more than the burst is saved up";
}

TEST_F(TokenBucketTest, TakesAllOrNone) {
  TokenBucket bucket({.per_second = 1, .burst = 5}, clock_);
  EXPECT_FALSE(bucket.TryTake(6));
  EXPECT_EQ(bucket.UntilAvailable(6), nanoseconds::max());
  EXPECT_TRUE(bucket.TryTake(3));
  EXPECT_FALSE(bucket.TryTake(3));
  EXPECT_TRUE(bucket.TryTake(2));
}

TEST_F(TokenBucketTest, TakesBackWhatWasNotUsed) {
  TokenBucket bucket({.per_second = 1, .burst = 5}, clock_);
  EXPECT_TRUE(bucket.TryTake(5));
  bucket.Return(2);
  EXPECT_EQ(bucket.available(), 2U);
  clock_.Advance(seconds(100));
  bucket.Return(2);
  EXPECT_EQ(bucket.available(), 5U) << "never above the burst";
  EXPECT_TRUE(bucket.TryTake(5));
  EXPECT_FALSE(bucket.TryTake(1));
}

TEST_F(TokenBucketTest, HoldsUntilTheOtherSideWillAnswerAgain) {
  TokenBucket bucket({.per_second = 2, .burst = 10}, clock_);
  bucket.HoldUntil(clock_.MonotonicNow() + seconds(30));
  bucket.HoldUntil(clock_.MonotonicNow() + seconds(3));
  EXPECT_FALSE(bucket.TryTake());
  EXPECT_EQ(bucket.UntilAvailable(), seconds(30));
  clock_.Advance(seconds(30));
  EXPECT_TRUE(bucket.TryTake());
  EXPECT_FALSE(bucket.TryTake());
  clock_.Advance(milliseconds(500));
  EXPECT_TRUE(bucket.TryTake());
}

TEST_F(TokenBucketTest, KeepsARateThatDividesNoSecond) {
  // 500 an hour.
  TokenBucket bucket({.per_second = 500.0 / 3600, .burst = 1}, clock_);
  int taken = 0;
  for (int i = 0; i < 24 * 3600; ++i) {
    taken += bucket.TryTake() ? 1 : 0;
    clock_.Advance(seconds(1));
  }
  EXPECT_LE(taken, 500 * 24 + 1);
  EXPECT_GE(taken, 480 * 22) << "asked once a second, a token is taken up to a second late";
}

TEST_F(TokenBucketTest, AgreesWithABucketThatIsCounted) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    const std::int64_t burst = 1 + static_cast<std::int64_t>(random() % 20);
    const std::int64_t interval_us = 1 + static_cast<std::int64_t>(random() % 5000);
    TokenBucket bucket(
        {.per_second = 1e6 / static_cast<double>(interval_us), .burst = static_cast<double>(burst)},
        clock_);
    std::int64_t level_us = burst * interval_us;  // tokens, in microseconds of refilling
    for (int step = 0; step < 200; ++step) {
      if (random() % 3 == 0) {
        const auto by = static_cast<std::int64_t>(random() % 4000);
        clock_.Advance(std::chrono::microseconds(by));
        level_us = std::min(level_us + by, burst * interval_us);
      }
      const auto tokens = static_cast<std::uint32_t>(random() % 4);
      const bool expected = tokens * interval_us <= level_us;
      ASSERT_EQ(bucket.TryTake(tokens), expected) << round << " " << step;
      if (expected) level_us -= tokens * interval_us;
      ASSERT_EQ(bucket.available(), static_cast<std::uint64_t>(level_us / interval_us));
    }
  }
}

TEST_F(TokenBucketTest, WhatIsChargedBeyondWhatIsThereIsWaitedFor) {
  TokenBucket bucket({.per_second = 1, .burst = 10}, clock_);
  bucket.Charge(4);
  EXPECT_EQ(bucket.available(), 6U);
  bucket.Charge(26);
  EXPECT_EQ(bucket.available(), 0U);
  EXPECT_FALSE(bucket.TryTake());
  EXPECT_EQ(bucket.UntilAvailable(), std::chrono::seconds(21));
  clock_.Advance(std::chrono::seconds(21));
  EXPECT_TRUE(bucket.TryTake());
  EXPECT_FALSE(bucket.TryTake());
}

TEST_F(TokenBucketTest, NoDebtIsEndless) {
  TokenBucket bucket({.per_second = 1e-6, .burst = 1}, clock_);
  for (int i = 0; i < 100; ++i) bucket.Charge(4'000'000'000);
  EXPECT_LE(bucket.UntilAvailable(), std::chrono::hours(24 * 366 + 24 * 12));
  EXPECT_FALSE(bucket.TryTake());
}

TEST_F(TokenBucketTest, GivesManyThreadsNoMoreThanOne) {
  TokenBucket bucket({.per_second = 1, .burst = 1000}, clock_);
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) taken += bucket.TryTake() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken.load(), 1000);
}

TEST(TokenBucketOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(TokenBucketOptions().Validate().ok());
  EXPECT_FALSE((TokenBucketOptions{.per_second = 0}).Validate().ok());
  EXPECT_FALSE((TokenBucketOptions{.burst = 0.5}).Validate().ok());
  EXPECT_FALSE((TokenBucketOptions{.per_second = 1e-6, .burst = 1e6}).Validate().ok());
}

}  // namespace
}  // namespace geoclimate::resilience
