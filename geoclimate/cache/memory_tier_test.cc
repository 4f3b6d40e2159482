#include "geoclimate/cache/memory_tier.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstring>
#include <random>
#include <string>
#include <thread>

namespace geoclimate::cache {
namespace {

using std::chrono::seconds;

const base::Instant kNow{seconds(1000)};
constexpr std::size_t kBytes = std::size_t{1} << 20;

std::string ValueOf(MemoryTier& tier, std::string_view key, base::Instant now = kNow) {
  std::string value(1000, '\0');
  const MemoryTier::Found found = tier.Find(key, now, value);
  if (!found.hit()) return "nothing";
  value.resize(found.value_bytes);
  return value;
}

void Put(MemoryTier& tier, std::string_view key, std::string_view value, base::Instant now = kNow) {
  tier.Insert(tier.Find(key, now, {}).place, key, value, now);
}

// A text that only this key has.
std::string AnswerTo(std::string_view key) {
  return "answer to " + std::string(key);
}

TEST(MemoryTierOptions, RefuseWhatCannotBe) {
  EXPECT_TRUE(MemoryTierOptions{}.Validate().ok());
  EXPECT_FALSE(MemoryTierOptions{.max_bytes = 1000}.Validate().ok());
  EXPECT_FALSE((MemoryTierOptions{.max_bytes = std::size_t{1} << 40, .shards = 1}).Validate().ok());
  EXPECT_FALSE(MemoryTierOptions{.ttl = seconds(0)}.Validate().ok());
}

TEST(MemoryTier, HasAsManyShardsAsThereIsRoomFor) {
  EXPECT_EQ(MemoryTier({.max_bytes = kBytes, .shards = 64}).shards(), 4U);
  EXPECT_EQ(MemoryTier({.max_bytes = 16 * kBytes, .shards = 12}).shards(), 8U);
  EXPECT_EQ(MemoryTier({.max_bytes = kBytes, .shards = 0}).shards(), 1U);
}

TEST(MemoryTier, GivesAValueUntilItsTimeIsUp) {
  MemoryTier tier({.max_bytes = kBytes, .ttl = seconds(60)});
  Put(tier, "a", "1");
  EXPECT_EQ(ValueOf(tier, "a", kNow + seconds(59)), "1");
  EXPECT_EQ(ValueOf(tier, "a", kNow + seconds(60)), "nothing");
  EXPECT_EQ(tier.statistics().expirations, 1U);
}

TEST(MemoryTier, AValueThatIsLongerThanItsSpaceIsNotFound) {
  MemoryTier tier({.max_bytes = kBytes});
  Put(tier, "a", "12345");
  std::string space(4, '\0');
  EXPECT_FALSE(tier.Find("a", kNow, space).hit());
}

TEST(MemoryTier, WhatWasComputedBeforeAClearIsNotKeptAfterIt) {
  MemoryTier tier({.max_bytes = kBytes});
  Put(tier, "a", "1");
  const MemoryTier::Place before = tier.Find("b", kNow, {}).place;
  tier.Clear();
  EXPECT_EQ(ValueOf(tier, "a"), "nothing");
  tier.Insert(before, "b", "2", kNow);
  EXPECT_EQ(ValueOf(tier, "b"), "nothing");
  Put(tier, "b", "3");
  EXPECT_EQ(ValueOf(tier, "b"), "3");
}

TEST(MemoryTier, NamesTheKeysThatAreReadMost) {
  MemoryTier tier({.max_bytes = kBytes});
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    Put(tier, key, "v");
    for (int reads = 0; reads < i / 33; ++reads) ValueOf(tier, key);
  }
  const auto all = [](std::string_view) { return true; };
  EXPECT_EQ(tier.HottestKeys(1, all), std::vector<std::string>{"k99"});
  EXPECT_EQ(tier.HottestKeys(1000, all).size(), 100U);
  EXPECT_EQ(tier.HottestKeys(2, [](std::string_view key) { return key < "k20"; }),
            (std::vector<std::string>{"k0", "k1"}));
}

// All keys in one shard with one hash: what a hash of 64 bits alone would answer wrongly.
TEST(MemoryTier, NeverAnswersWithTheValueOfACollidingKey) {
  MemoryTier tier({.max_bytes = kBytes, .hash = [](std::string_view, std::uint64_t) {
                     return formats::Xxh3Digest128{.low = 42, .high = 7};
                   }});
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(ValueOf(tier, key), "nothing");
    Put(tier, key, AnswerTo(key));
  }
  for (int i = 0; i < 200; ++i) {
    const std::string key = "key" + std::to_string(i);
    EXPECT_EQ(ValueOf(tier, key), AnswerTo(key));
  }
}

// Hashes of few bits: keys collide in tags, homes and shards while entries come and go.
TEST(MemoryTier, GivesOnlyItsOwnValueWhateverCollides) {
  std::mt19937 random(17);
  for (const std::uint64_t bits : {0x1ULL, 0x7ULL, 0xF'0000'000FULL, 0xFFFF'FFFFULL << 32}) {
    static std::uint64_t mask;
    mask = bits;
    MemoryTier tier({.max_bytes = 2 * FifoShard::kLeastBytes,
                     .seed = 3,
                     .hash = [](std::string_view key, std::uint64_t seed) {
                       const auto whole = formats::Xxh3Of128(key, seed);
                       return formats::Xxh3Digest128{whole.low & mask, whole.high & mask};
                     }});
    for (int step = 0; step < 4000; ++step) {
      std::string key(4 + random() % 900, 'k');
      key.replace(0, 3, std::to_string(100 + random() % 500));
      const std::string value = ValueOf(tier, key);
      if (value == "nothing") {
        Put(tier, key, AnswerTo(key).substr(0, 1000));
      } else {
        ASSERT_EQ(value, AnswerTo(key).substr(0, 1000));
      }
    }
    EXPECT_GT(tier.statistics().entries, 0U);
  }
}

// What the process holds, not what the cache thinks it holds.
TEST(MemoryTier, TakesNoMoreMemoryThanItMay) {
  for (const std::size_t max : {FifoShard::kLeastBytes, 5 * kBytes + 12345, 64 * kBytes}) {
    const auto held = [] {
      const struct mallinfo2 all = mallinfo2();
      return all.uordblks + all.hblkhd;
    };
    const std::size_t before = held();
    MemoryTier tier({.max_bytes = max, .shards = 16});
    std::mt19937 random(1);
    for (std::size_t i = 0; i < max / 100; ++i) {
      std::string key(100 + random() % 100, 'k');
      std::memcpy(key.data(), &i, sizeof(i));
      Put(tier, key, "12345678");
    }
    EXPECT_LE(held() - before, max);
    EXPECT_LE(tier.reserved_bytes(), max);
    EXPECT_GE(tier.reserved_bytes(), max - max / 16) << "nor much less";
    EXPECT_GT(tier.statistics().evictions, 0U);
    EXPECT_LE(tier.statistics().bytes, tier.reserved_bytes());
    EXPECT_GE(tier.statistics().bytes, tier.reserved_bytes() * 3 / 4);
  }
}

TEST(MemoryTier, ManyThreadsFindOnlyWhatBelongsToTheirKey) {
  constexpr int kThreads = 8;
  constexpr int kSteps = 4000;
  MemoryTier tier({.max_bytes = 2 * FifoShard::kLeastBytes, .ttl = seconds(5)});
  std::atomic<int> hits = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      for (int step = 0; step < kSteps; ++step) {
        const base::Instant now = kNow + std::chrono::milliseconds(step);
        const std::string key =
            std::to_string(random() % (step % 3 == 0 ? 100'000U : 100U)) + std::string(150, 'k');
        const std::string value = ValueOf(tier, key, now);
        if (value == "nothing") {
          Put(tier, key, AnswerTo(key), now);
        } else {
          ++hits;
          if (value != AnswerTo(key)) ++wrong;
        }
        if (t == 0 && step % 1000 == 999) tier.Clear();
        if (t == 1 && step % 500 == 499) {
          for (const std::string& hot :
               tier.HottestKeys(10, [](std::string_view) { return true; })) {
            if (hot.size() < 150) ++wrong;
          }
        }
        if (t == 2) static_cast<void>(tier.statistics());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(hits.load(), kSteps);
}

}  // namespace
}  // namespace geoclimate::cache
