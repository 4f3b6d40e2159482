#include "geoclimate/access/key_table.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace geoclimate::access {
namespace {

TEST(KeyTable, FindsEveryKeyAndNoOther) {
  for (const int count : {0, 1, 2, 7, 1000}) {
    std::vector<KeyTable::Entry> entries;
    for (int i = 0; i < count; ++i) {
      entries.push_back({.digest = formats::Sha256(std::to_string(i)),
                         .ends_at = base::Timestamp(std::chrono::hours(i))});
    }
    const KeyTable table(entries);
    for (int i = 0; i < count; ++i) {
      const KeyTable::Entry* const found = table.Find(entries[static_cast<std::size_t>(i)].digest);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->ends_at, base::Timestamp(std::chrono::hours(i)));
      EXPECT_EQ(table.Find(formats::Sha256("x" + std::to_string(i))), nullptr);
    }
  }
}

TEST(KeyTable, KeysThatShareAPlaceAreToldApart) {
  std::vector<KeyTable::Entry> entries(3);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries[i].digest.bytes[31] = static_cast<std::uint8_t>(i + 1);
  }
  const KeyTable table(entries);
  for (const KeyTable::Entry& entry : entries) {
    ASSERT_NE(table.Find(entry.digest), nullptr);
    EXPECT_EQ(table.Find(entry.digest)->digest, entry.digest);
  }
  EXPECT_EQ(table.Find(formats::Sha256Digest()), nullptr);
}

}  // namespace
}  // namespace geoclimate::access
