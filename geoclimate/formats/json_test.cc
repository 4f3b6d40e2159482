#include "geoclimate/formats/json.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

Json Parsed(std::string_view text) {
  base::Result<Json> value = ParseJson(text);
  EXPECT_TRUE(value.ok()) << text << ": " << (value.ok() ? "" : value.error().message());
  return value.ok() ? *std::move(value) : Json();
}

std::string Refusal(std::string_view text) {
  const base::Result<Json> value = ParseJson(text);
  EXPECT_FALSE(value.ok()) << text;
  if (value.ok()) return "";
  EXPECT_EQ(value.error().code(), base::ErrorCode::kInvalidArgument);
  return value.error().message();
}

TEST(Json, ReadsEveryKindOfValue) {
  const Json value = Parsed(R"( {"n":null,"b":true,"i":-7,"d":2.5,"s":"a\nb","a":[1,[]],"o":{}} )");
  EXPECT_TRUE(value.Find("n")->is_null());
  EXPECT_TRUE(*value.BoolAt("b"));
  EXPECT_EQ(*value.IntegerAt("i"), -7);
  EXPECT_EQ(*value.NumberAt("d"), 2.5);
  EXPECT_EQ(*value.StringAt("s"), "a\nb");
  EXPECT_EQ(value.ArrayAt("a")->size(), 2U);
  EXPECT_TRUE((*value.ObjectAt("o"))->AsObject()->empty());
  EXPECT_EQ(value.Find("absent"), nullptr);
}

TEST(Json, IntegersOfSixtyFourBitsAreExact) {
  const Json value = Parsed("[9223372036854775807,-9223372036854775808,9223372036854775808]");
  const Json::Array& numbers = *value.AsArray();
  EXPECT_EQ(*numbers[0].AsInteger(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*numbers[1].AsInteger(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(numbers[2].kind(), Json::Kind::kDouble);
  EXPECT_EQ(numbers[2].AsDouble(), 0x1p63);
}

TEST(Json, DoublesKeepTheirSignAndTheSmallestValues) {
  const Json value = Parsed("[-0,-0.0,5e-324,1e-400,1.7976931348623157e308]");
  const Json::Array& numbers = *value.AsArray();
  EXPECT_TRUE(std::signbit(numbers[0].AsDouble()));
  EXPECT_TRUE(std::signbit(numbers[1].AsDouble()));
  EXPECT_EQ(numbers[2].AsDouble(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(numbers[3].AsDouble(), 0);
  EXPECT_EQ(numbers[4].AsDouble(), std::numeric_limits<double>::max());
}

TEST(Json, AnErrorNamesTheOffset) {
  EXPECT_NE(Refusal(R"({"a":1,})").find("byte 7"), std::string::npos) << Refusal(R"({"a":1,})");
  for (const std::string_view text :
       {"", "{", "[1,]", "[1 2]", "nul", "01", "1.", "\"a", "{\"a\":1}x", "[1e999]", "NaN",
        "\"\\ud800\"", "\"\xff\"", "{a:1}"}) {
    EXPECT_NE(Refusal(text).find("byte"), std::string::npos) << text;
  }
}

TEST(Json, RefusesAMemberNamedTwice) {
  EXPECT_NE(Refusal(R"({"a":1,"b":2,"a":3})").find("'a' twice"), std::string::npos);
}

TEST(Json, RefusesDepthThatWouldExhaustTheStack) {
  const std::string deep(100'000, '[');
  EXPECT_NE(Refusal(deep).find("deep"), std::string::npos);
  EXPECT_TRUE(ParseJson(std::string(64, '[') + std::string(64, ']')).ok());
}

TEST(Json, AFieldOfAnotherKindIsNamedWithWhatItIs) {
  const Json value = Parsed(R"({"a":"x","f":1.5,"big":1e30})");
  EXPECT_EQ(value.NumberAt("a").error().message(), "field 'a': expected a number, got a string");
  EXPECT_EQ(value.StringAt("f").error().message(), "field 'f': expected a string, got a number");
  EXPECT_EQ(value.BoolAt("f").error().message(), "field 'f': expected a bool, got a number");
  EXPECT_EQ(value.ArrayAt("a").error().message(), "field 'a': expected an array, got a string");
  EXPECT_EQ(value.ObjectAt("a").error().message(), "field 'a': expected an object, got a string");
  EXPECT_EQ(value.IntegerAt("f").error().message(), "field 'f': 1.5 is not an integer");
  EXPECT_EQ(value.IntegerAt("big").error().message(), "field 'big': 1e+30 is not an integer");
  EXPECT_EQ(value.IntegerAt("a").error().message(), "field 'a': expected an integer, got a string");
  EXPECT_EQ(value.StringAt("z").error().message(), "field 'z' is missing");
  EXPECT_EQ(Json(1.0).StringAt("z").error().message(),
            "expected an object with the field 'z', got a number");
}

TEST(Json, ADoubleWithAnIntegralValueIsAnInteger) {
  EXPECT_EQ(*Parsed(R"({"n":2.0})").IntegerAt("n"), 2);
}

TEST(JsonWriter, WritesWhatReadsBackAsTheSame) {
  const std::string text =
      R"({"n":null,"b":false,"i":-7,"d":0.1,"s":"a\n\"\\\u0001é","a":[1,[],{}],"o":{"x":1.5e-10}})";
  EXPECT_EQ(WriteJson(Parsed(text)), text);
}

TEST(JsonWriter, NumbersAreTheShortestThatReadBack) {
  std::string out;
  JsonWriter(out)
      .BeginArray()
      .Double(0.1)
      .Float(0.1F)
      .Double(1e300)
      .Double(5e-324)
      .Float(16777216.0F)
      .Integer(std::numeric_limits<std::int64_t>::min())
      .Double(std::nan(""))
      .Float(std::numeric_limits<float>::infinity())
      .EndArray();
  EXPECT_EQ(out, "[0.1,0.1,1e+300,5e-324,16777216,-9223372036854775808,null,null]");
}

TEST(JsonWriter, EscapesControlsAndReplacesWhatIsNotUtf8) {
  std::string out;
  AppendJsonString(out, std::string_view("\x00\x1f\x7f\t\r", 5));
  EXPECT_EQ(out, "\"\\u0000\\u001f\x7f\\t\\r\"");
  out.clear();
  AppendJsonString(out, "a\xff\xe2\x82z\xed\xa0\x80\xf0\x9f\x98\x80");
  EXPECT_EQ(out,
            "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "\xf0\x9f\x98\x80\"");
  EXPECT_TRUE(ParseJson(out).ok());
}

TEST(JsonWriter, AppendsBehindWhatIsThere) {
  std::string out = "x";
  JsonWriter(out).BeginObject().Key("raw").Raw("[1]").Key("t").Bool(true).EndObject();
  EXPECT_EQ(out, R"(x{"raw":[1],"t":true})");
}

}  // namespace
}  // namespace geoclimate::formats
