#include "geoclimate/resilience/concurrency_limit.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::resilience {
namespace {

using std::chrono::milliseconds;

ConcurrencyLimitOptions Options() {
  return {.initial = 10, .least = 2, .most = 20, .target = milliseconds(50), .decrease = 0.5};
}

void Begin(ConcurrencyLimit& limit, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(limit.TryBegin());
}

TEST(ConcurrencyLimit, AdmitsAsMuchAsTheLimitAndNoMore) {
  ConcurrencyLimit limit(Options());
  Begin(limit, 10);
  EXPECT_FALSE(limit.TryBegin());
  limit.Drop();
  EXPECT_TRUE(limit.TryBegin());
  EXPECT_EQ(limit.under_way(), 10U);
}

TEST(ConcurrencyLimit, FallsOnceForABurstOverTheTarget) {
  ConcurrencyLimit limit(Options());
  Begin(limit, 10);
  for (int i = 0; i < 5; ++i) limit.End(milliseconds(80));
  EXPECT_EQ(limit.limit(), 5U);
  limit.End(milliseconds(80));
  EXPECT_EQ(limit.limit(), 5U) << "the grace of five is not over";
  limit.End(milliseconds(80));
  EXPECT_EQ(limit.limit(), 2U);
}

TEST(ConcurrencyLimit, RisesByOneForALimitsWorthOfWorkWithinTheTarget) {
  ConcurrencyLimit limit(Options());
  for (int i = 0; i < 11; ++i) {
    Begin(limit, 9);
    for (int k = 0; k < 9; ++k) limit.End(milliseconds(1));
  }
  // Of nine at a time five ended while at least half of the limit was in use.
  EXPECT_GE(limit.limit(), 13U);
  EXPECT_LE(limit.limit(), 16U);
}

TEST(ConcurrencyLimit, DoesNotRiseWhileItIsHardlyUsed) {
  ConcurrencyLimit limit(Options());
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(limit.TryBegin());
    limit.End(milliseconds(1));
  }
  EXPECT_EQ(limit.limit(), 10U);
}

TEST(ConcurrencyLimit, StaysWithinItsBounds) {
  ConcurrencyLimit limit(Options());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(limit.TryBegin());
    limit.End(milliseconds(500));
  }
  EXPECT_EQ(limit.limit(), 2U);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t most = limit.limit();
    Begin(limit, most);
    for (std::size_t k = 0; k < most; ++k) limit.End(milliseconds(1));
  }
  EXPECT_EQ(limit.limit(), 20U);
}

TEST(ConcurrencyLimit, NeverAdmitsMoreThanTheLimitToManyThreads) {
  ConcurrencyLimitOptions options = Options();
  options.most = 10;
  ConcurrencyLimit limit(options);
  std::atomic<std::size_t> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        if (!limit.TryBegin()) continue;
        std::size_t seen = most.load();
        const std::size_t now = limit.under_way();
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        limit.End(milliseconds(1));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most.load(), 10U);
  EXPECT_EQ(limit.under_way(), 0U);
}

TEST(ConcurrencyLimitOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(ConcurrencyLimitOptions().Validate().ok());
  ConcurrencyLimitOptions options;
  options.least = 0;
  EXPECT_FALSE(options.Validate().ok());
  options = {};
  options.most = 3;
  EXPECT_FALSE(options.Validate().ok());
  options = {};
  options.decrease = 1;
  EXPECT_FALSE(options.Validate().ok());
  options = {};
  options.target = milliseconds(0);
  EXPECT_FALSE(options.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::resilience
