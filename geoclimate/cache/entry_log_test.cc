#include "geoclimate/cache/entry_log.h"

#include <cstdint>
#include <deque>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::cache {
namespace {

constexpr std::size_t kHeadWords = sizeof(EntryHead) / 8;

// Writes an entry whose bytes all say `mark`, and returns its position.
std::uint64_t AppendMarked(EntryLog& log, std::vector<std::uint64_t>& words,
                           std::uint32_t key_bytes, std::uint32_t value_bytes, std::uint64_t mark) {
  const std::size_t size = EntryWords(key_bytes, value_bytes);
  const std::uint64_t position = log.Append(size);
  const std::size_t offset = log.Offset(position);
  EXPECT_LE(offset + size, words.size()) << "an entry lies in one piece";
  log.At(position) = {.hash_low = mark, .key_bytes = key_bytes, .value_bytes = value_bytes};
  for (std::size_t i = kHeadWords; i < size; ++i) words[offset + i] = mark;
  return position;
}

TEST(EntryLog, CountsTheWordsOfAnEntryWhole) {
  EXPECT_EQ(EntryWords(0, 0), kHeadWords);
  EXPECT_EQ(EntryWords(1, 0), kHeadWords + 1);
  EXPECT_EQ(EntryWords(4, 4), kHeadWords + 1);
  EXPECT_EQ(EntryWords(4, 5), kHeadWords + 2);
}

TEST(EntryLog, HasNoRoomForMoreThanTheRing) {
  std::vector<std::uint64_t> words(16);
  EntryLog log(words);
  EXPECT_TRUE(log.empty());
  EXPECT_TRUE(log.Fits(16));
  EXPECT_FALSE(log.Fits(17));
  AppendMarked(log, words, 8, 8, 1);
  EXPECT_FALSE(log.Fits(16));
  log.Clear();
  EXPECT_TRUE(log.Fits(16));
}

// Against a queue of what must be in it: entries of all sizes, through many rounds of rings of all
// sizes, come back whole and in order.
TEST(EntryLog, GivesBackTheOldestFirstWhateverTheirSizes) {
  std::mt19937_64 random(17);  // NOLINT(bugprone-random-generator-seed): the same each time
  for (std::size_t ring = 16; ring < 200; ring += 13) {
    std::vector<std::uint64_t> words(ring);
    EntryLog log(words);
    struct Expected {
      std::uint64_t position, mark;
    };
    std::deque<Expected> expected;
    for (std::uint64_t mark = 1; mark < 3000; ++mark) {
      const auto key_bytes = static_cast<std::uint32_t>(random() % 40);
      const auto value_bytes = static_cast<std::uint32_t>(random() % 60);
      const std::size_t size = EntryWords(key_bytes, value_bytes);
      if (size > ring / 2) continue;
      while (!log.Fits(size)) {
        ASSERT_FALSE(expected.empty()) << "an empty ring has room for " << size;
        ASSERT_EQ(log.tail(), expected.front().position);
        const EntryHead& oldest = log.At(log.tail());
        ASSERT_EQ(oldest.hash_low, expected.front().mark);
        const std::size_t offset = log.Offset(log.tail());
        for (std::size_t i = kHeadWords; i < EntryWords(oldest.key_bytes, oldest.value_bytes);
             ++i) {
          ASSERT_EQ(words[offset + i], expected.front().mark);
        }
        log.PopTail();
        expected.pop_front();
        ASSERT_EQ(log.empty(), expected.empty());
      }
      expected.push_back({AppendMarked(log, words, key_bytes, value_bytes, mark), mark});
    }
    std::uint64_t position = log.tail();
    for (const Expected& one : expected) {
      ASSERT_EQ(position, one.position);
      position = log.Next(position);
    }
    EXPECT_EQ(position, log.head());
  }
}

}  // namespace
}  // namespace geoclimate::cache
