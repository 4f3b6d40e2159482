#include "geoclimate/server/http/query_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace geoclimate::server::http {
namespace {

using testing::HasSubstr;

class QueryStringTest : public testing::Test {
 protected:
  QueryString Parse(std::string_view text) {
    auto query = QueryString::Parse(text, arena_);
    EXPECT_TRUE(query.ok());
    return query.ok() ? *query : QueryString();
  }
  std::string ErrorOf(std::string_view text) {
    const auto query = QueryString::Parse(text, arena_);
    return query.ok() ? "" : query.error().message();
  }
  Arena arena_;
};

TEST_F(QueryStringTest, KeepsParametersInTheirOrder) {
  const QueryString query = Parse("a=1&b=2&a=3&empty=&bare");
  EXPECT_EQ(query.Find("a"), "1");
  EXPECT_EQ(query.Count("a"), 2U);
  EXPECT_EQ(query.Find("empty"), "");
  EXPECT_EQ(query.Find("bare"), "");
  EXPECT_FALSE(query.Find("c").has_value());
  ASSERT_EQ(query.all().size(), 5U);
  EXPECT_EQ(query.all()[2].value, "3");
}

TEST_F(QueryStringTest, DecodesNamesAndValues) {
  const QueryString query = Parse("q=caf%C3%A9+au%20lait&%6eame=%2B%26%3d&a=b=c");
  EXPECT_EQ(query.Find("q"), "café au lait");
  EXPECT_EQ(query.Find("name"), "+&=");
  EXPECT_EQ(query.Find("a"), "b=c");
}

TEST_F(QueryStringTest, EmptyPiecesAreSkipped) {
  EXPECT_EQ(Parse("").all().size(), 0U);
  EXPECT_EQ(Parse("&&a=1&").all().size(), 1U);
}

TEST_F(QueryStringTest, WhatCannotBeDecodedIsRefusedByName) {
  EXPECT_THAT(ErrorOf("site=%4"), HasSubstr("site"));
  EXPECT_THAT(ErrorOf("site=%"), HasSubstr("hexadecimal"));
  EXPECT_THAT(ErrorOf("site=%g1"), HasSubstr("hexadecimal"));
  EXPECT_THAT(ErrorOf("site=%00"), HasSubstr("NUL"));
  EXPECT_THAT(ErrorOf("site=%c0%af"), HasSubstr("UTF-8"));     // an overlong '/'
  EXPECT_THAT(ErrorOf("site=%ed%a0%80"), HasSubstr("UTF-8"));  // half a surrogate pair
  EXPECT_THAT(ErrorOf("site=%f4%90%80%80"), HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf("site=\xff"), HasSubstr("UTF-8"));
}

TEST_F(QueryStringTest, TooManyParametersAreRefused) {
  std::string text;
  for (std::size_t i = 0; i < QueryString::kMaxParameters; ++i) text += "a=1&";
  EXPECT_EQ(Parse(text).all().size(), QueryString::kMaxParameters);
  EXPECT_THAT(ErrorOf(text + "b=1"), HasSubstr("more than 64"));
}

TEST(Arena, KeepsItsFirstBlockOnly) {
  Arena arena(64);
  char* first = static_cast<char*>(arena.Allocate(10, 1));
  static_cast<void>(arena.Allocate(1000));
  arena.Reset();
  EXPECT_EQ(arena.Allocate(10, 1), first);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.Allocate(8, 8)) % 8, 0U);
  EXPECT_EQ(arena.Copy("abc"), "abc");
}

}  // namespace
}  // namespace geoclimate::server::http
