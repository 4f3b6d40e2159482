#include "geoclimate/cache/tiered_cache.h"

#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/redis/testing/redis_server.h"

namespace geoclimate::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Two processes with memories of their own and one server.
class TieredCacheTest : public testing::Test {
 protected:
  struct Process {
    explicit Process(const redis::Endpoint& endpoint, const base::Clock& clock)
        : cache({}, clock),
          pool(endpoint, {}, clock, metrics),
          breaker("redis", {}, clock),
          tier(pool, breaker, {.timeout = std::chrono::minutes(1)}, clock, metrics) {
      cache.Share(tier);
    }
    telemetry::MetricRegistry metrics;
    TieredCache cache;
    redis::ConnectionPool pool;
    resilience::CircuitBreaker breaker;
    RedisTier tier;
  };

  TieredCache::Wanted Want(Process& process, const std::string& key, std::size_t bytes = 1) {
    const auto found = process.cache.memory().Find("my " + key, clock_.MonotonicNow(), {});
    return {.place = found.place, .key = "my " + key, .shared_key = key, .value_bytes = bytes};
  }
  std::vector<std::string> Find(Process& process, std::vector<TieredCache::Wanted> wanted) {
    std::promise<std::vector<std::string>> told;
    process.cache.FindShared(std::move(wanted), base::Deadline::Never(), {},
                             [&](std::span<const std::string> values) {
                               told.set_value({values.begin(), values.end()});
                             });
    return told.get_future().get();
  }
  bool InMemory(Process& process, const std::string& key) {
    char byte = 0;
    return process.cache.memory().Find("my " + key, clock_.MonotonicNow(), {&byte, 1}).hit();
  }
  // Returns when the server has the value.
  void Insert(const std::string& key, const std::string& value) {
    one_.tier.Insert(key, value);
    while (server_.Run({"EXISTS", key}).integer == 0) {
    }
  }

  base::SystemClock clock_;
  redis::testing::RedisServer server_;
  Process one_{server_.endpoint(), clock_};
  Process other_{server_.endpoint(), clock_};
};

TEST_F(TieredCacheTest, WhatTheSharedTierHasComesIntoMemory) {
  Insert("a", "1");
  Insert("b", "2");
  EXPECT_FALSE(InMemory(other_, "a"));
  EXPECT_THAT(Find(other_, {Want(other_, "a"), Want(other_, "b")}), ElementsAre("1", "2"));
  EXPECT_TRUE(InMemory(other_, "a"));
  EXPECT_TRUE(InMemory(other_, "b"));
  EXPECT_FALSE(InMemory(one_, "a"));
}

TEST_F(TieredCacheTest, AllOrNothingIsFoundButEachComesIntoMemory) {
  Insert("a", "1");
  EXPECT_THAT(Find(other_, {Want(other_, "a"), Want(other_, "b")}), IsEmpty());
  EXPECT_TRUE(InMemory(other_, "a"));
  EXPECT_FALSE(InMemory(other_, "b"));
}

TEST_F(TieredCacheTest, AValueOfAnotherSizeIsNone) {
  Insert("a", "12");
  EXPECT_THAT(Find(other_, {Want(other_, "a", 1)}), IsEmpty());
  EXPECT_FALSE(InMemory(other_, "a"));
  EXPECT_THAT(Find(other_, {Want(other_, "a", 2)}), ElementsAre("12"));
}

TEST_F(TieredCacheTest, WhatWasAskedBeforeAClearDoesNotComeIntoMemoryAfterIt) {
  Insert("a", "1");
  std::vector<TieredCache::Wanted> wanted = {Want(other_, "a")};
  EXPECT_EQ(other_.cache.generation(), 0U);
  other_.cache.Clear(7);
  EXPECT_EQ(other_.cache.generation(), 7U);
  EXPECT_THAT(Find(other_, std::move(wanted)), ElementsAre("1"));
  EXPECT_FALSE(InMemory(other_, "a"));
}

TEST_F(TieredCacheTest, MemoryIsFilledFromTheSharedTier) {
  Insert("a", "1");
  Insert("b", "12");
  const std::vector<TieredCache::Wanted> wanted = {Want(other_, "a"), Want(other_, "b"),
                                                   Want(other_, "c")};
  const auto fetched =
      other_.cache.Fetch(wanted, base::Deadline::After(clock_, std::chrono::minutes(1)));
  ASSERT_TRUE(fetched.ok()) << fetched.error().ToString();
  EXPECT_EQ(*fetched, 1U);
  EXPECT_TRUE(InMemory(other_, "a"));
  server_.Stop();
  EXPECT_FALSE(
      other_.cache.Fetch(wanted, base::Deadline::After(clock_, std::chrono::seconds(1))).ok());
}

}  // namespace
}  // namespace geoclimate::cache
