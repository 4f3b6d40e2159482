#include "geoclimate/cache/key_index.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

namespace geoclimate::cache {
namespace {

const auto kAny = [](std::uint32_t) { return true; };

TEST(KeyIndex, FindsAmongEqualTagsTheOneThatMatches) {
  std::array<std::uint64_t, 16> slots{};
  KeyIndex index(slots);
  index.Insert(7, 1);
  index.Insert(7, 2);
  const std::size_t second = index.Find(7, [](std::uint32_t place) { return place == 2; });
  ASSERT_NE(second, KeyIndex::kNone);
  index.MovePlace(second, 9);
  EXPECT_EQ(index.Find(7, [](std::uint32_t place) { return place == 2; }), KeyIndex::kNone);
  EXPECT_NE(index.Find(7, [](std::uint32_t place) { return place == 9; }), KeyIndex::kNone);
  EXPECT_EQ(index.Find(8, kAny), KeyIndex::kNone);
}

// Few homes and a table as full as it gets, so that runs wrap around the end and gaps are closed
// across it.
TEST(KeyIndex, HoldsWhatAMapHoldsThroughAnyInsertionsAndErasures) {
  std::mt19937 random(3);
  std::array<std::uint64_t, 32> slots{};
  KeyIndex index(slots);
  std::multimap<std::uint32_t, std::uint32_t> expected;  // tags by place
  for (std::uint32_t step = 1; step < 20'000; ++step) {
    if (index.size() < index.most() && random() % 3 != 0) {
      const std::uint32_t tag = static_cast<std::uint32_t>(random() % 8) * 5;
      index.Insert(tag, step);
      expected.emplace(step, tag);
    } else if (!expected.empty()) {
      const auto gone =
          std::next(expected.begin(), static_cast<std::ptrdiff_t>(random() % expected.size()));
      index.Erase(index.Find(gone->second, [&](std::uint32_t at) { return at == gone->first; }));
      expected.erase(gone);
    }
    ASSERT_EQ(index.size(), expected.size());
    for (const auto& [place, tag] : expected) {
      const std::size_t slot =
          index.Find(tag, [wanted = place](std::uint32_t at) { return at == wanted; });
      ASSERT_NE(slot, KeyIndex::kNone) << place;
      ASSERT_EQ(index.PlaceAt(slot), place);
    }
  }
  index.Clear();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.Find(5, kAny), KeyIndex::kNone);
}

}  // namespace
}  // namespace geoclimate::cache
