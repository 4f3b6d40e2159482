#include "geoclimate/ingest/weather_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace geoclimate::ingest {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kColumns =
    "columns: {site_id: [site], latitude: [lat], longitude: [lon], issued: [from], valid: [to]}\n";

base::Result<WeatherTable> Parse(const std::vector<std::string>& texts) {
  std::vector<formats::YamlValue> documents;
  for (const std::string& text : texts) documents.push_back(*formats::ParseYaml(text, "test.yaml"));
  return ParseWeatherTable(documents);
}

std::string ErrorOf(std::string_view variables) {
  const auto table = Parse({std::string(kColumns) + "variables:\n  " + std::string(variables)});
  return table.ok() ? "none" : table.error().message();
}

TEST(WeatherTable, TheBuiltInOneNamesWhatTheDocumentationNames) {
  const auto table = BuiltInWeatherTable();
  ASSERT_TRUE(table.ok()) << table.error().message();
  for (const char* name :
       {"temperature_2m_max_c", "wind_speed_10m_mean_m_s", "wind_direction_10m_deg",
        "boundary_layer_height_m", "relative_humidity_percent", "precipitation_sum_mm",
        "shortwave_radiation_mj_m2", "pm2_5_ug_m3", "ozone_ppm"}) {
    EXPECT_EQ(std::ranges::count(table->variables, name, &airquality::WeatherVariable::name), 1)
        << name;
  }
}

TEST(WeatherTable, DocumentsAddUpInTheirOrder) {
  const auto table = Parse(
      {"variables: {b_m: {unit: m, daily: sum, plausible: [0, 1]}}",
       std::string(kColumns) + "variables: {a_m: {unit: m, daily: mean, plausible: [0, 1]}}"});
  ASSERT_TRUE(table.ok()) << table.error().message();
  ASSERT_EQ(table->variables.size(), 2U);
  EXPECT_EQ(table->variables[0].name, "b_m");
  EXPECT_EQ(table->variable_headers[1], "a m");
}

TEST(WeatherTable, WhatIsWrongIsNamed) {
  EXPECT_THAT(ErrorOf("a_m: {unit: m, daily: median, plausible: [0, 1]}"),
              HasSubstr("test.yaml:3: variables.a_m: daily 'median' is none of"));
  EXPECT_THAT(ErrorOf("a_m: {unit: m, daily: mean, plausible: [1, 0]}"), HasSubstr("low < high"));
  EXPECT_THAT(ErrorOf("a_m: {unit: m, daily: mean}"), HasSubstr("plausible"));
  EXPECT_THAT(ErrorOf("a_m: {unit: m, daily: mean, plausible: [0, 1], color: red}"),
              HasSubstr("color"));
  EXPECT_THAT(ErrorOf("a_deg: {unit: degrees, daily: direction, plausible: [-180, 180]}"),
              HasSubstr("0 to 360"));
  EXPECT_THAT(ErrorOf("lat: {unit: m, daily: mean, plausible: [0, 1]}"), HasSubstr("named twice"));
  EXPECT_THAT(Parse({"variables: {}"}).error().message(), HasSubstr("'site_id'"));
}

}  // namespace
}  // namespace geoclimate::ingest
