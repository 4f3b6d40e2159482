#include "geoclimate/formats/json_cursor.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

bool Valid(std::string_view text) {
  JsonCursor json(text);
  json.SkipValue();
  return json.Finish().ok();
}

double Number(std::string_view text) {
  JsonCursor json(text);
  double value = NAN;
  json.ReadNumber(value);
  return json.Finish().ok() ? value : NAN;
}

TEST(JsonCursor, ReadsAnObjectInOrderWithoutCopyingItsStrings) {
  const std::string body = R"( {"a" : 1.5, "b":[true,null,"x"], "c":{}} )";
  JsonCursor json(body);
  ASSERT_TRUE(json.EnterObject());
  std::string_view key;
  ASSERT_TRUE(json.NextKey(key, "a"));
  EXPECT_EQ(key, "a");
  EXPECT_EQ(key.data(), body.data() + 3);
  double number = 0;
  ASSERT_TRUE(json.ReadNumber(number));
  EXPECT_EQ(number, 1.5);
  ASSERT_TRUE(json.NextKey(key, "not b"));
  EXPECT_EQ(key, "b");
  ASSERT_TRUE(json.EnterArray());
  bool truth = false;
  ASSERT_TRUE(json.NextElement());
  ASSERT_TRUE(json.ReadBool(truth));
  EXPECT_TRUE(truth);
  ASSERT_TRUE(json.NextElement());
  ASSERT_TRUE(json.ReadNull());
  ASSERT_TRUE(json.NextElement());
  std::string_view text;
  ASSERT_TRUE(json.ReadString(text));
  EXPECT_EQ(text, "x");
  EXPECT_FALSE(json.NextElement());
  ASSERT_TRUE(json.NextKey(key));
  EXPECT_EQ(json.SkipRawValue(), "{}");
  EXPECT_FALSE(json.NextKey(key));
  EXPECT_TRUE(json.Finish().ok());
}

TEST(JsonCursor, AcceptsWhatTheGrammarAccepts) {
  for (const char* text : {"0", "-0", "1e5", "1E+5", "-1.25e-3", "\"\"", "[]", "{}", " [1 , 2] ",
                           "{\"a\":{\"a\":[{}]}}", "\"\\u00e9\\n\\/\"", "true", "false", "null",
                           "\"\xC3\xA9\"", "[[[[[[]]]]]]"}) {
    EXPECT_TRUE(Valid(text)) << text;
  }
}

TEST(JsonCursor, RefusesWhatTheGrammarRefuses) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "01",
                           "-",
                           "+1",
                           ".5",
                           "5.",
                           "1e",
                           "1e+",
                           "0x1",
                           "NaN",
                           "Infinity",
                           "-Infinity",
                           "nul",
                           "truth",
                           "tru",
                           "\"",
                           "\"\\\"",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\n\"",
                           "\"\\n\t\"",
                           "1 2",
                           "{} x",
                           "[1]]",
                           "// c\n1",
                           "\"\xC3\"",
                           "\"\xFF\"",
                           "\"\xED\xA0\x80\"",
                           "\"\xC0\x80\"",
                           "\"\xF5\x80\x80\x80\""}) {
    EXPECT_FALSE(Valid(text)) << text;
  }
}

TEST(JsonCursor, RefusesWhatIsNestedTooDeeply) {
  EXPECT_TRUE(Valid(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(Valid(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(Valid(std::string(100'000, '[')));
}

TEST(JsonCursor, RoundsNumbersAsStrtodDoes) {
  for (const char* text : {"0",
                           "-0",
                           "1",
                           "12.5",
                           "0.1",
                           "0.3",
                           "123456789.123456789",
                           "9007199254740993",
                           "9007199254740992.5",
                           "18446744073709551616",
                           "1e22",
                           "1e23",
                           "4.9e-324",
                           "2.2250738585072014e-308",
                           "1.7976931348623157e308",
                           "0.000000000000000000000000000001",
                           "5e-325",
                           "1e-400",
                           "3.141592653589793238462643383279",
                           "-0.002118",
                           "99999999999999999999",
                           "1e400",
                           "-1e400"}) {
    EXPECT_EQ(Number(text), std::strtod(text, nullptr)) << text;
  }
  EXPECT_TRUE(std::signbit(Number("-0")));
}

TEST(JsonCursor, UnescapesStrings) {
  JsonCursor json(R"("a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00z")");
  std::string_view text;
  ASSERT_TRUE(json.ReadString(text));
  EXPECT_EQ(text, "a\"\\/\b\f\n\r\tA\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z");
  EXPECT_TRUE(json.Finish().ok());
}

TEST(JsonCursor, SaysWhereAndWhatIsWrong) {
  JsonCursor json(R"({"a": 1,})");
  json.SkipValue();
  const auto done = json.Finish();
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message(), "not valid JSON at byte 8: expected a name in quotes");
}

TEST(JsonCursor, KeepsItsFirstFailure) {
  JsonCursor json("[1, x]");
  json.EnterObject();
  json.Fail("later");
  EXPECT_FALSE(json.EnterArray());
  EXPECT_EQ(json.Finish().error().message(), "not valid JSON at byte 0: expected an object");
}

TEST(JsonCursor, ShowsAnEscapedKeyUnescaped) {
  JsonCursor json(R"({"\u0061":1})");
  json.EnterObject();
  std::string_view key;
  ASSERT_TRUE(json.NextKey(key, "a"));
  EXPECT_EQ(key, "a");
}

TEST(JsonCursor, EndsAtATruncatedTextWhereverItIsCut) {
  const std::string body = R"({"data":{"a":-1.25e3,"b":null,"\u00e9":[true,false]},"m":"x\n"})";
  ASSERT_TRUE(Valid(body));
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(Valid(std::string(body, 0, size))) << size;
  }
}

}  // namespace
}  // namespace geoclimate::formats
