#include "geoclimate/ingest/fetch/openaq_answer.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

using airquality::Concentration;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(GEOCLIMATE_SOURCE_DIR) + "/tests/golden/fetch/" + name);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

const PlausibleRanges& Plausible() {
  static const PlausibleRanges ranges = BuiltInSources()->front().plausible;
  return ranges;
}

TEST(OpenAqLocations, SitesAndSensorsAreReadWhatMovesIsLeftOut) {
  const auto page = ParseOpenAqLocations(Golden("openaq_locations.json"));
  ASSERT_TRUE(page.ok()) << page.error().ToString();
  EXPECT_EQ(page->results, 4U);
  EXPECT_EQ(page->mobile, 1U);
  EXPECT_EQ(page->rejected, 0U);
  ASSERT_EQ(page->locations.size(), 3U);
  const OpenAqLocation& first = page->locations[0];
  EXPECT_EQ(first.site.id.ToString(), "OQ-000-2178");
  EXPECT_EQ(*airquality::SiteId::Parse("OQ-000-2178"), first.site.id);
  EXPECT_EQ(first.site.name, "Del Norte");
  EXPECT_EQ(first.site.utc_offset, std::chrono::hours(-7));
  EXPECT_EQ(first.provider, "AirNow");
  EXPECT_EQ(base::FormatTimestamp(*first.last), "2026-11-28T05:00:00Z");
  ASSERT_EQ(first.sensors.size(), 2U);
  EXPECT_EQ(first.sensors[0].id, 3917);
  EXPECT_EQ(first.sensors[0].parameter, 88101U);
  EXPECT_EQ(first.sensors[1].unit, MeasureUnit::kPartsPerMillion);

  const OpenAqLocation& paris = page->locations[1];
  ASSERT_EQ(paris.sensors.size(), 2U) << "black carbon has no AQI";
  EXPECT_EQ(paris.sensors[0].id, 11400);
  EXPECT_EQ(paris.sensors[0].poc, 1);
  EXPECT_EQ(paris.sensors[1].poc, 2) << "two sensors of one pollutant are two monitors";
  EXPECT_FALSE(paris.last);

  const OpenAqLocation& low_cost = page->locations[2];
  EXPECT_EQ(low_cost.site.id.ToString(), "OQ-099-0011");
  EXPECT_EQ(low_cost.sensors[0].parameter, 88502U) << "no reference method";
  EXPECT_EQ(low_cost.sensors[0].unit, MeasureUnit::kMicrogramsPerCubicMeter) << "Greek mu";
}

TEST(OpenAqHours, UnitsAreConvertedAndFlaggedHoursLeftOut) {
  const OpenAqSensor sensor{
      .id = 11500, .parameter = 42602, .poc = 2, .unit = MeasureUnit::kMicrogramsPerCubicMeter};
  const auto site = *airquality::SiteId::Parse("OQ-000-4275");
  const auto page = ParseOpenAqHours(Golden("openaq_hours.json"), site, sensor, Plausible());
  ASSERT_TRUE(page.ok()) << page.error().ToString();
  EXPECT_EQ(page->results, 5U);
  const FetchedValues& values = page->values;
  ASSERT_EQ(values.observations.size(), 2U);
  EXPECT_EQ(values.observations[0].value, Concentration::FromDouble(26.6)) << "50 µg/m³";
  EXPECT_EQ(values.observations[1].value, Concentration::FromDouble(20)) << "0.02 ppm";
  EXPECT_EQ(values.observations[1].completeness, 50);
  EXPECT_EQ(values.observations[0].key.poc, 2);
  EXPECT_EQ(base::FormatTimestamp(values.observations[0].key.start), "2026-11-28T04:00:00Z");
  EXPECT_EQ(values.without_value, 1U);
  EXPECT_THAT(values.rejected, UnorderedElementsAre(Pair("bad_value", 1U), Pair("bad_date", 1U)));
}

TEST(OpenAqAnswer, WhatIsNoAnswerIsRefused) {
  const std::string whole = Golden("openaq_locations.json");
  for (std::size_t i = 0; i + 2 < whole.size(); i += 11) {
    const auto page = ParseOpenAqLocations(whole.substr(0, i));
    ASSERT_FALSE(page.ok()) << i;
    EXPECT_EQ(page.error().code(), base::ErrorCode::kDataLoss);
  }
  for (const char* text : {"{}", "[]", R"({"results":{}})", R"({"detail":"Unauthorized"})"}) {
    EXPECT_FALSE(ParseOpenAqLocations(text).ok()) << text;
  }
  const auto odd = ParseOpenAqLocations(
      R"({"results":[{"id":0},{"id":10000000,"coordinates":{"latitude":1,"longitude":1}},3]})");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->rejected, 3U);
}

TEST(MeasureUnit, MassBecomesVolumeAtTwentyFiveDegrees) {
  using airquality::Pollutant;
  const auto converted = [](Pollutant pollutant, double value, MeasureUnit unit) {
    return ToEpaUnit(pollutant, Concentration::FromDouble(value), unit)->value();
  };
  constexpr auto kMass = MeasureUnit::kMicrogramsPerCubicMeter;
  EXPECT_DOUBLE_EQ(converted(Pollutant::kO3, 100, kMass), 0.0509);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kNo2, 100, kMass), 53.2);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kSo2, 100, kMass), 38.2);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kCo, 1000, kMass), 0.873);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kCo, 1, MeasureUnit::kMilligramsPerCubicMeter), 0.873);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kO3, 43.9, MeasureUnit::kPartsPerBillion), 0.0439);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kO3, 0.070, MeasureUnit::kPartsPerMillion), 0.070);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kNo2, 0.053, MeasureUnit::kPartsPerMillion), 53);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kPm25, 0.01, MeasureUnit::kMilligramsPerCubicMeter), 10);
  EXPECT_DOUBLE_EQ(converted(Pollutant::kNo2, -3, kMass), -1.596);
  EXPECT_FALSE(
      ToEpaUnit(Pollutant::kPm25, Concentration::FromDouble(1), MeasureUnit::kPartsPerBillion)
          .ok());
  EXPECT_FALSE(ToEpaUnit(Pollutant::kCo, Concentration::FromDouble(2e9), kMass).ok());
}

TEST(MeasureUnit, IsKnownInEverySpelling) {
  for (const char* text : {"ug/m3", "UG/M3", "µg/m³", "μg/m³", " µg/m3 "}) {
    EXPECT_EQ(ParseMeasureUnit(text), MeasureUnit::kMicrogramsPerCubicMeter) << text;
  }
  EXPECT_EQ(ParseMeasureUnit("PPB"), MeasureUnit::kPartsPerBillion);
  EXPECT_FALSE(ParseMeasureUnit("particles/cm³"));
}

}  // namespace
}  // namespace geoclimate::ingest
