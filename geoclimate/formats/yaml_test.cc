#include "geoclimate/formats/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::formats {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kSettings = R"(# comment
server:
  port: 8000
  timeout: 2.5
  open: true
  name: "8000"
  empty:
names: [a, b c]
one: x
)";

YamlValue Parsed(std::string_view text) {
  auto value = ParseYaml(text, "s.yaml");
  EXPECT_TRUE(value.ok()) << (value.ok() ? "" : value.error().message());
  return value.ok() ? *std::move(value) : YamlValue();
}

TEST(Yaml, ReadsTypedValues) {
  const YamlValue settings = Parsed(kSettings);
  const YamlValue& server = **settings.At("server");
  EXPECT_EQ(*server.IntegerAt("port"), 8000);
  EXPECT_EQ(*server.DoubleAt("timeout"), 2.5);
  EXPECT_TRUE(*server.BoolAt("open"));
  EXPECT_EQ(*server.StringAt("name"), "8000");
  EXPECT_TRUE((*server.At("empty"))->is_null());
  EXPECT_THAT(*settings.StringsAt("names"), ElementsAre("a", "b c"));
  EXPECT_THAT(*settings.StringsAt("one"), ElementsAre("x"));
  EXPECT_EQ(settings.entries().size(), 3U);
  EXPECT_EQ(settings.Find("nothing"), nullptr);
}

TEST(Yaml, NamesFileLineAndKeyOfAWrongType) {
  const YamlValue settings = Parsed(kSettings);
  const YamlValue& server = **settings.At("server");
  EXPECT_EQ(server.IntegerAt("timeout").error().message(),
            "s.yaml:4: server.timeout: expected an integer, got 2.5");
  EXPECT_EQ(server.IntegerAt("name").error().message(),
            "s.yaml:6: server.name: expected an integer, got 8000");
  EXPECT_EQ(server.BoolAt("port").error().message(),
            "s.yaml:3: server.port: expected true or false, got 8000");
  EXPECT_EQ(server.StringAt("empty").error().message(),
            "s.yaml:7: server.empty: expected a string, got nothing");
  EXPECT_EQ(settings.DoubleAt("names").error().message(),
            "s.yaml:8: names: expected a number, got a sequence");
  EXPECT_EQ((*settings.At("names"))->At("x").error().message(),
            "s.yaml:8: names: expected a mapping with 'x', got a sequence");
}

TEST(Yaml, NamesAMissingKeyAndAnUnknownOne) {
  const YamlValue settings = Parsed(kSettings);
  EXPECT_EQ(settings.At("absent").error().message(), "s.yaml:2: key 'absent' is missing");
  EXPECT_TRUE(settings.CheckKeys({"server", "names", "one"}).ok());
  EXPECT_EQ(settings.CheckKeys({"server", "one"}).error().message(),
            "s.yaml:8: names: unknown key; known here: server, one");
}

TEST(Yaml, RefusesAKeyGivenTwice) {
  const auto value = ParseYaml("a: 1\nb: 2\na: 3\n", "d.yaml");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().message(), "d.yaml:3: key 'a' is given twice");
}

TEST(Yaml, RefusesWhatIsNotYaml) {
  for (const std::string_view text : {"a: [1, 2", "a: 1\n\tb: 2", "{", "a: *nowhere", "\"open"}) {
    const auto value = ParseYaml(text, "bad.yaml");
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(value.error().message(), StartsWith("bad.yaml:")) << text;
  }
}

TEST(Yaml, TakesAnEmptyDocumentAsNull) {
  EXPECT_TRUE(Parsed("").is_null());
  EXPECT_TRUE(Parsed("# nothing\n").is_null());
}

TEST(Yaml, BoundsWhatAliasesUnfoldTo) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 1; j < 10; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  const auto value = ParseYaml(bomb, "bomb.yaml");
  ASSERT_FALSE(value.ok());
  EXPECT_THAT(value.error().message(), HasSubstr("too large"));
}

TEST(Yaml, BoundsTheDepth) {
  const auto value = ParseYaml(std::string(100, '[') + std::string(100, ']'), "deep.yaml");
  ASSERT_FALSE(value.ok());
  EXPECT_THAT(value.error().message(), HasSubstr("nested too deeply"));
}

TEST(Yaml, LoadsAFileOrNamesIt) {
  const auto value = LoadYaml("/nowhere/x.yaml");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().code(), base::ErrorCode::kNotFound);
  EXPECT_THAT(value.error().message(), HasSubstr("/nowhere/x.yaml"));
}

}  // namespace
}  // namespace geoclimate::formats
