#include "geoclimate/ingest/text.h"

#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

TEST(IsUtf8, TakesWhatRfc3629Takes) {
  for (const std::string_view text : {"", "plain", "\xC2\xB5g/m\xC2\xB3", "\xE2\x82\xAC",
                                      "\xED\x9F\xBF", "\xF0\x9F\x8C\xAB", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
  for (const std::string_view text : {"\xB5g", "\xC0\xAF", "\xC2", "\xE0\x80\xAF", "\xED\xA0\x80",
                                      "\xE2\x82", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

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
