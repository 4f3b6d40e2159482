#include "geoclimate/cache/fifo_shard.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

namespace geoclimate::cache {
namespace {

using std::chrono::seconds;

const base::Instant kStart{seconds(1000)};
const base::Instant kLater = kStart + seconds(100);

formats::Xxh3Digest128 HashOf(std::string_view key) {
  return formats::Xxh3Of128(key, 5);
}

class FifoShardTest : public testing::Test {
 protected:
  bool Insert(std::string_view key, std::string_view value, base::Instant expires = kLater) {
    return shard_.Insert(HashOf(key), key, value, kStart, expires);
  }
  std::string_view Find(std::string_view key, base::Instant now = kStart) {
    return shard_.Find(HashOf(key), key, now);
  }
  // Entries that nobody reads; some 1600 fill the shard.
  void InsertOthers(int count) {
    for (int i = 0; i < count; ++i)
      Insert("other" + std::to_string(next_++), std::string(100, 'x'));
  }

  ShardCounts counts_;
  FifoShard shard_{FifoShard::kLeastBytes, counts_};
  int next_ = 0;
};

TEST_F(FifoShardTest, GivesBackWhatWasPutIn) {
  EXPECT_EQ(Find("a").data(), nullptr);
  EXPECT_TRUE(Insert("a", "1"));
  EXPECT_TRUE(Insert("", "empty key"));
  EXPECT_TRUE(Insert("empty value", ""));
  EXPECT_EQ(Find("a"), "1");
  EXPECT_EQ(Find(""), "empty key");
  EXPECT_NE(Find("empty value").data(), nullptr);
  EXPECT_EQ(Find("b").data(), nullptr);
  EXPECT_EQ(counts_.entries.load(), 3U);
}

TEST_F(FifoShardTest, ASecondValueTakesThePlaceOfTheFirst) {
  Insert("a", "1");
  Insert("a", "a longer one");
  EXPECT_EQ(Find("a"), "a longer one");
  EXPECT_EQ(counts_.entries.load(), 1U);
  EXPECT_EQ(counts_.bytes.load(), EntryWords(1, 12) * 8);
}

TEST_F(FifoShardTest, AnExpiredValueIsNotFoundAndCounted) {
  Insert("a", "1", kStart + seconds(10));
  EXPECT_EQ(Find("a", kStart + seconds(10) - std::chrono::nanoseconds(1)), "1");
  EXPECT_EQ(Find("a", kStart + seconds(10)).data(), nullptr);
  EXPECT_EQ(counts_.expirations.load(), 1U);
  EXPECT_EQ(counts_.entries.load(), 0U);
  EXPECT_EQ(counts_.bytes.load(), 0U);
}

TEST_F(FifoShardTest, AnEntryThatWouldThrowOutTooMuchIsRefused) {
  Insert("a", "1");
  EXPECT_FALSE(Insert("b", std::string(FifoShard::kLeastBytes / 30, 'x')));
  EXPECT_TRUE(Insert("c", std::string(FifoShard::kLeastBytes / 60, 'x')));
  EXPECT_EQ(Find("a"), "1");
  EXPECT_EQ(Find("b").data(), nullptr);
}

TEST_F(FifoShardTest, NothingIsThrownOutWhileThereIsRoom) {
  InsertOthers(1000);
  EXPECT_EQ(counts_.evictions.load(), 0U);
  EXPECT_EQ(counts_.entries.load(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_NE(Find("other" + std::to_string(i)).data(), nullptr);
}

TEST_F(FifoShardTest, WhatIsReadOnceARoundSurvivesAFloodOfKeysThatComeOnce) {
  Insert("a", "1");
  Insert("b", "2");
  Find("b");
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(Find("a"), "1") << round;
    InsertOthers(1000);
  }
  EXPECT_EQ(Find("b").data(), nullptr) << "was read in the first round alone";
  EXPECT_GT(counts_.evictions.load(), 15'000U);
}

TEST_F(FifoShardTest, AnInsertionEndsThoughEverythingWasRead) {
  InsertOthers(3000);
  for (int i = 0; i < 3000; ++i) Find("other" + std::to_string(i));
  const std::uint64_t before = counts_.evictions.load();
  InsertOthers(1);
  EXPECT_GE(counts_.evictions.load(), before + 1);
  EXPECT_LE(counts_.evictions.load(), before + 3);
}

TEST_F(FifoShardTest, ManyTinyEntriesAreBoundedByTheIndex) {
  for (int i = 0; i < 20'000; ++i) Insert(std::to_string(i), "");
  EXPECT_GT(counts_.evictions.load(), 0U);
  EXPECT_GT(counts_.entries.load(), 1000U);
  EXPECT_EQ(counts_.entries.load() + counts_.evictions.load(), 20'000U);
}

TEST_F(FifoShardTest, ClearForgetsAll) {
  InsertOthers(5000);
  shard_.Clear();
  EXPECT_EQ(counts_.entries.load(), 0U);
  EXPECT_EQ(counts_.bytes.load(), 0U);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(Find("other" + std::to_string(i)).data(), nullptr);
  Insert("a", "1");
  EXPECT_EQ(Find("a"), "1");
}

TEST_F(FifoShardTest, AWalkMeetsEveryLiveEntryOnce) {
  InsertOthers(1500);
  Insert("other3", "again");
  Find("other7");
  std::unordered_map<std::string, unsigned> met;
  for (FifoShard::Cursor cursor; !cursor.done;) {
    cursor = shard_.Visit(cursor, 10, [&](const FifoShard::Visited& entry) {
      EXPECT_TRUE(met.emplace(entry.key, entry.reads).second) << entry.key;
    });
  }
  EXPECT_EQ(met.size(), 1500U);
  EXPECT_EQ(met.at("other7"), 1U);
  EXPECT_EQ(met.at("other8"), 0U);
}

// Sizes from nothing to the largest that is kept, so that the end of the ring is crossed at every
// offset; a found value is always the last one that was put in for the key.
TEST_F(FifoShardTest, NeverGivesAValueThatIsNotTheKeysLast) {
  std::mt19937 random(11);
  std::unordered_map<std::string, std::string> last;
  std::size_t hits = 0;
  for (int step = 0; step < 200'000; ++step) {
    const std::string key = "k" + std::to_string(random() % (random() % 4 == 0 ? 5000 : 50));
    const auto found = Find(key);
    const auto expected = last.find(key);
    if (found.data() != nullptr) {
      ++hits;
      ASSERT_NE(expected, last.end());
      ASSERT_EQ(found, expected->second);
    }
    if (found.data() != nullptr && random() % 8 != 0) continue;
    const std::size_t size = random() % 50 == 0 ? random() % 5000 : random() % 300;
    std::string value(size, static_cast<char>('a' + random() % 26));
    value += std::to_string(step);
    ASSERT_TRUE(Insert(key, value));
    last[key] = std::move(value);
  }
  EXPECT_GT(hits, 50'000U);
  EXPECT_GT(counts_.evictions.load(), 1000U);
}

}  // namespace
}  // namespace geoclimate::cache
