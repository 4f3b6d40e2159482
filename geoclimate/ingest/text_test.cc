#include "geoclimate/ingest/text.h"

#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

TEST(Readable, ReplacesWhatIsNoTextAndCutsBetweenCharacters) {
  EXPECT_EQ(Readable("Pe\xF1\x61", 100), "Pe\xEF\xBF\xBD\x61");
  EXPECT_EQ(Readable(std::string_view("a\0\tb\x7F", 5), 100), "a  b ");
  EXPECT_EQ(Readable("\xE2\x82\xAC\xE2\x82\xAC", 5), "\xE2\x82\xAC");
  EXPECT_EQ(Readable("abc", 2), "ab");
}

TEST(Trim, DropsBlanksAround) {
  EXPECT_EQ(Trim(" \ta b\t "), "a b");
  EXPECT_EQ(Trim("  "), "");
}

}  // namespace
}  // namespace geoclimate::ingest
