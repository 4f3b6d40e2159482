#include "geoclimate/cache/redis_expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kInfo =
    "# Memory\r\nused_memory:900\r\nmaxmemory:1000\r\nmaxmemory_human:1K\r\n"
    "maxmemory_policy:noeviction\r\n";

TEST(RedisExpectation, WhatIsAsExpectedIsNotMentioned) {
  EXPECT_THAT(Differences({.max_memory = 1000, .eviction_policy = "noeviction"}, kInfo), IsEmpty());
  EXPECT_THAT(Differences({}, kInfo), IsEmpty());
}

TEST(RedisExpectation, WhatDiffersIsNamed) {
  EXPECT_THAT(Differences({.max_memory = 2000, .eviction_policy = "allkeys-lru"}, kInfo),
              ElementsAre("maxmemory is 1000 bytes, expected 2000",
                          "maxmemory-policy is noeviction, expected allkeys-lru"));
}

TEST(RedisExpectation, WhatTheServerDoesNotSayIsNotJudged) {
  const RedisExpectation expected = {.max_memory = 2000, .eviction_policy = "allkeys-lru"};
  EXPECT_THAT(Differences(expected, ""), IsEmpty());
  EXPECT_THAT(Differences(expected, "maxmemory:many\r\nmaxmemory_policy"), IsEmpty());
  EXPECT_THAT(Differences(expected, "maxmemory_policy:\x1b[31m\n"),
              ElementsAre("maxmemory-policy is unreadable, expected allkeys-lru"));
}

}  // namespace
}  // namespace geoclimate::cache
