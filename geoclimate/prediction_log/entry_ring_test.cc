#include "geoclimate/prediction_log/entry_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace geoclimate::prediction_log {
namespace {

bool Put(EntryRing& ring, std::string_view text) {
  const std::span<std::byte> space = ring.Reserve(text.size());
  if (space.empty()) return false;
  std::memcpy(space.data(), text.data(), text.size());
  ring.Publish();
  return true;
}

std::vector<std::string> Take(EntryRing& ring) {
  std::vector<std::string> taken;
  ring.Drain([&](std::span<const std::byte> record) {
    taken.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
  });
  return taken;
}

TEST(EntryRing, GivesRecordsInTheOrderOfWriting) {
  EntryRing ring(256);
  EXPECT_TRUE(Take(ring).empty());
  EXPECT_TRUE(Put(ring, "one"));
  EXPECT_TRUE(Put(ring, "another, longer"));
  EXPECT_EQ(Take(ring), (std::vector<std::string>{"one", "another, longer"}));
  EXPECT_TRUE(Take(ring).empty());
}

TEST(EntryRing, WhatIsReservedAndNotPublishedIsNotThere) {
  EntryRing ring(256);
  EXPECT_FALSE(ring.Reserve(5).empty());
  EXPECT_TRUE(Take(ring).empty());
  EXPECT_TRUE(Put(ring, "kept"));
  EXPECT_EQ(Take(ring), std::vector<std::string>{"kept"});
}

TEST(EntryRing, HasNoRoomWhenFullAndSomeAgainWhenRead) {
  EntryRing ring(64);
  int put = 0;
  while (Put(ring, "12345678")) ++put;
  EXPECT_EQ(put, 4);
  EXPECT_EQ(Take(ring).size(), 4U);
  EXPECT_TRUE(Put(ring, "12345678"));
}

TEST(EntryRing, LetsOneWriterInAtATime) {
  EntryRing ring(64);
  EXPECT_TRUE(ring.TryEnter());
  EXPECT_FALSE(ring.TryEnter());
  ring.Leave();
  EXPECT_TRUE(ring.TryEnter());
}

TEST(EntryRing, AgreesWithAQueueOverAllSizesAndPlaces) {
  EntryRing ring(512);
  std::mt19937_64 random(1);
  std::vector<std::string> expected;
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text(1 + random() % ring.most_bytes(), static_cast<char>('a' + i % 26));
    if (Put(ring, text)) {
      expected.push_back(text);
    } else {
      ++refused;
    }
    if (random() % 4 == 0) {
      EXPECT_EQ(Take(ring), expected);
      expected.clear();
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(EntryRing, WritersAndAReaderSideBySideLoseNothingThatWasTaken) {
  constexpr std::uint64_t kEach = 20'000;
  EntryRing ring(4096);
  std::atomic<bool> done{false};
  std::vector<std::uint64_t> next(2, 0);
  const auto read = [&] {
    ring.Drain([&](std::span<const std::byte> record) {
      std::uint64_t value = 0;
      std::memcpy(&value, record.data(), sizeof(value));
      EXPECT_EQ(value % kEach, next[value / kEach]++);
    });
  };
  std::thread reader([&] {
    while (!done.load()) read();
  });
  std::vector<std::thread> writers;
  writers.reserve(2);
  for (std::uint64_t writer = 0; writer < 2; ++writer) {
    writers.emplace_back([&ring, writer] {
      for (std::uint64_t i = 0; i < kEach;) {
        if (!ring.TryEnter()) {
          std::this_thread::yield();
          continue;
        }
        const std::span<std::byte> space = ring.Reserve(8 + i % 40);
        if (!space.empty()) {
          const std::uint64_t value = writer * kEach + i++;
          std::memcpy(space.data(), &value, sizeof(value));
          ring.Publish();
        }
        ring.Leave();
        if (space.empty()) std::this_thread::yield();
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();
  read();
  EXPECT_EQ(next, (std::vector<std::uint64_t>{kEach, kEach}));
}

}  // namespace
}  // namespace geoclimate::prediction_log
