#include "geoclimate/formats/utf8.h"

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, SequencesHaveTheirSize) {
  EXPECT_EQ(Utf8SequenceSize("\0"sv), 1U);
  EXPECT_EQ(Utf8SequenceSize("az"), 1U);
  EXPECT_EQ(Utf8SequenceSize("\u00e9x"), 2U);
  EXPECT_EQ(Utf8SequenceSize("\u20ac"), 3U);
  EXPECT_EQ(Utf8SequenceSize("\U0001f600"), 4U);
}

// The edges of Unicode 15, table 3-7.
TEST(Utf8, EdgesOfWhatIsWellFormed) {
  for (const std::string_view text :
       {"\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv, "\xee\x80\x80"sv,
        "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv, ""sv}) {
    EXPECT_TRUE(IsUtf8(text));
  }
  for (const std::string_view text :
       {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xc2\x7f"sv, "\xe0\x9f\xbf"sv,
        "\xed\xa0\x80"sv, "\xe2\x82"sv, "\xe2\x82z"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv,
        "\xf0\x9f\x98"sv, "\xf5\x80\x80\x80"sv, "\xff"sv}) {
    EXPECT_FALSE(IsUtf8(text));
    EXPECT_EQ(Utf8SequenceSize(text), 0U);
  }
  EXPECT_FALSE(IsUtf8("good \xff bad"sv));
}

}  // namespace
}  // namespace geoclimate::formats
