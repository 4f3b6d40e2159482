#include "geoclimate/ingest/source_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace geoclimate::ingest {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSmall = R"(name: small
title: A small table
columns:
  date: [Day]
  site_id: [Site]
values:
  - {columns: [PM], statistic: mean, parameter: 88101}
required:
  date: a value belongs to a day
  site_id: a value belongs to a place
dates: [year-month-day]
plausible: {PM2.5: [0, 1], PM10: [0, 1], O3: [0, 1], NO2: [0, 1], SO2: [0, 1], CO: [0, 1]}
refuse: {fractional_aqi_share: 0.5}
)";

base::Result<SourceDescription> Parse(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::YamlValue yaml, formats::ParseYaml(text, "t.yaml"));
  return ParseSourceDescription(yaml);
}

std::string Replaced(std::string_view from, std::string_view to) {
  std::string text(kSmall);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(SourceDescription, IsReadFromYaml) {
  const auto small = Parse(kSmall);
  ASSERT_TRUE(small.ok()) << small.error().ToString();
  EXPECT_EQ(small->name, "small");
  EXPECT_EQ(small->headers[static_cast<std::size_t>(Role::kSiteId)].front(), "site");
  EXPECT_EQ(small->values.front().parameter, 88101U);
  EXPECT_EQ(small->fractional_aqi_share, 0.5);
  EXPECT_EQ(small->dates.front().separator, '-');
}

TEST(SourceDescription, NamesFileLineAndKeyOfEveryMistake) {
  const struct {
    std::string text;
    std::string_view message;
  } cases[] = {
      {Replaced("name: small", "nam: small"), "t.yaml:1: nam: unknown key"},
      {Replaced("title: A small table\n", ""), "key 'title' is missing"},
      {Replaced("date: [Day]", "dat: [Day]"), "t.yaml:4: columns.dat: not a role of a column"},
      {Replaced("[Site]", "[Day]"), "header 'day' is named twice"},
      {Replaced("[Site]", "[]"), "needs at least one header"},
      {Replaced("statistic: mean", "statistic: median"),
       "t.yaml:7: values[0]: 'median' is none of mean, max_8_hour, max_1_hour"},
      {Replaced("statistic: mean", "statistic: [mean, max_8_hour]"),
       "without 'durations' a value column has one statistic"},
      {Replaced("88101", "881"), "a parameter code has five digits"},
      {Replaced(", parameter: 88101", ""), "a value column without a parameter"},
      {Replaced("  date: a value belongs to a day\n", ""), "a date has to be required"},
      {Replaced("  site_id: a value belongs to a place\n", ""), "site_id, or its three parts"},
      {Replaced("required:\n", "required:\n  poc: because\n"),
       "required, but 'columns' names no header for it"},
      {Replaced("[year-month-day]", "[year-month]"), "is not a date format"},
      {Replaced("[year-month-day]", "[year-month-month]"), "is not a date format"},
      {Replaced("[year-month-day]", "[year-month-day-day]"), "is not a date format"},
      {Replaced("O3: [0, 1]", "O3: [1, 0]"), "expected [low, high] with low < high"},
      {Replaced("O3: [0, 1], ", ""), "key 'O3' is missing"},
      {Replaced("refuse:", "durations: {1 HOUR: {statistic: mean}}\nrefuse:"),
       "needs the duration to be required"},
  };
  for (const auto& [text, message] : cases) {
    const auto result = Parse(text);
    ASSERT_FALSE(result.ok()) << message;
    EXPECT_EQ(result.error().code(), base::ErrorCode::kInvalidArgument);
    EXPECT_THAT(result.error().message(), HasSubstr(message));
    EXPECT_THAT(result.error().message(), HasSubstr("t.yaml:"));
  }
}

TEST(BuiltInSources, AreThoseOfTheRepository) {
  const auto built_in = BuiltInSources();
  ASSERT_TRUE(built_in.ok()) << built_in.error().ToString();
  const auto loaded =
      LoadSources(std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "config" / "sources");
  ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
  ASSERT_EQ(built_in->size(), loaded->size());
  for (std::size_t i = 0; i < loaded->size(); ++i) {
    EXPECT_EQ((*built_in)[i].name, (*loaded)[i].name);
    EXPECT_EQ((*built_in)[i].headers, (*loaded)[i].headers);
  }
}

TEST(LoadSources, NamesAFolderWithoutDescriptions) {
  const auto missing = LoadSources("/nowhere");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), base::ErrorCode::kNotFound);
  const std::filesystem::path empty =
      std::filesystem::path(testing::TempDir()) / "source_description_test";
  std::filesystem::create_directory(empty);
  const auto none = LoadSources(empty);
  std::filesystem::remove(empty);
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().message(), HasSubstr("no *.yaml in"));
}

TEST(NormalizeHeader, TakesDotsUnderscoresDashesAndBlanksAsEqual) {
  for (const std::string_view text : {"Site ID", "SITE_ID", "Site.ID", " site-id ", "Site  Id."}) {
    EXPECT_EQ(NormalizeHeader(text), "site id") << text;
  }
  EXPECT_EQ(NormalizeHeader("Daily.Mean.PM2.5.Concentration"),
            NormalizeHeader("Daily Mean PM2.5 Concentration"));
  EXPECT_EQ(NormalizeHeader(""), "");
}

}  // namespace
}  // namespace geoclimate::ingest
