#include "geoclimate/ingest/fetch/airnow_answer.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

using airquality::Concentration;
using airquality::ObservationKey;
using ::testing::HasSubstr;
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

FetchedValues Hours(const std::string& text) {
  auto values = ParseAirNowHours(text, Plausible());
  EXPECT_TRUE(values.ok()) << values.error().ToString();
  return *std::move(values);
}

base::ErrorCode Failure(const std::string& text) {
  const auto values = ParseAirNowHours(text, Plausible());
  EXPECT_FALSE(values.ok());
  return values.ok() ? base::ErrorCode::kUnknown : values.error().code();
}

TEST(AirNowHours, RawConcentrationsOfTheOldGenerationAreHours) {
  const FetchedValues values = Hours(Golden("airnow_hours_2014.json"));
  EXPECT_EQ(values.rows, 7U);
  EXPECT_EQ(values.without_value, 2U) << "-999, and particles without a raw value";
  EXPECT_THAT(values.rejected, UnorderedElementsAre(Pair("bad_site_id", 1U)));
  ASSERT_EQ(values.observations.size(), 4U);
  const airquality::Observation& ozone = values.observations[0];
  EXPECT_EQ(ozone.key.site.ToString(), "06-037-1103");
  EXPECT_EQ(ozone.key.parameter, 44201U);
  EXPECT_EQ(ozone.value, Concentration::FromDouble(0.032)) << "32 ppb";
  EXPECT_EQ(base::FormatTimestamp(ozone.key.start), "2026-11-28T05:00:00Z");
  EXPECT_EQ(ozone.key.duration, airquality::Duration::kHour);
  EXPECT_EQ(ozone.source, airquality::Source::kProvisional);
  EXPECT_EQ(values.observations[1].value, Concentration::FromDouble(21.7)) << "not the NowCast";
  EXPECT_EQ(values.observations[2].value, Concentration::FromDouble(0.4));
  EXPECT_EQ(values.observations[3].key.site.ToString(), "CC-010-0111");
  EXPECT_EQ(values.observations[3].value, Concentration::FromDouble(11.2)) << "ppb stay ppb";
  ASSERT_EQ(values.sites.size(), 2U);
  EXPECT_EQ(values.sites[0].name, "Los Angeles-North Mai");
  EXPECT_EQ(values.sites[0].utc_offset, std::chrono::hours(-8));
  EXPECT_EQ(values.sites[1].utc_offset, std::chrono::hours(-8));
}

TEST(AirNowHours, TheNewGenerationIsReadTheSame) {
  const FetchedValues values = Hours(Golden("airnow_hours_2026.json"));
  ASSERT_EQ(values.observations.size(), 3U);
  EXPECT_EQ(values.observations[0].value, Concentration::FromDouble(0.029));
  EXPECT_EQ(values.observations[1].value, Concentration::FromDouble(33.5));
  EXPECT_EQ(values.observations[2].value, Concentration::FromDouble(-2.1)) << "noise around zero";
}

TEST(AirNowHours, AServiceErrorInsteadOfRowsIsToldApart) {
  const FetchedValues none = Hours(Golden("airnow_no_data.json"));
  EXPECT_EQ(none.rows, 0U);
  EXPECT_EQ(none.note, "No data were found for your selection.");
  EXPECT_EQ(Failure(Golden("airnow_bad_key.json")), base::ErrorCode::kUnauthenticated);
  EXPECT_EQ(Failure(Golden("airnow_too_many.json")), base::ErrorCode::kResourceExhausted);
  EXPECT_EQ(Failure(R"({"WebServiceError":[{"Message":"Invalid BBOX"}]})"),
            base::ErrorCode::kInvalidArgument);
  EXPECT_EQ(Failure(R"({"webServiceError":[]})"), base::ErrorCode::kDataLoss);
  EXPECT_EQ(Hours("[]").rows, 0U);
}

TEST(AirNowHours, WhatIsNoAnswerIsRefused) {
  for (const char* text : {"", "<html>", "[1]", "[[]]", "\"x\"", "{}", "[{\"utc\":\"2026"}) {
    EXPECT_EQ(Failure(text), base::ErrorCode::kDataLoss) << text;
  }
  const std::string whole = Golden("airnow_hours_2026.json");
  for (std::size_t i = 0; i + 2 < whole.size(); i += 7) {
    EXPECT_EQ(Failure(whole.substr(0, i)), base::ErrorCode::kDataLoss) << i;
  }
}

TEST(AirNowHours, RowsThatAreNotRightAreCountedByReason) {
  const auto row = [](const std::string& members) {
    return R"({"utc":"2026-11-28T05:00","parameter":"PM2.5","unit":"UG/M3","rawconcentration":1,)"
           R"("fullaqscode":"060371103","latitude":34,"longitude":-118)" +
           members + "}";
  };
  const FetchedValues values =
      Hours("[" + row("") + "," + row(R"(,"utc":"2026-11-28T05:30")") + "," +
            row(R"(,"UTC":"soon")") + "," + row(R"(,"unit":"PPM")") + "," +
            row(R"(,"unit":"stones")") + "," + row(R"(,"rawConcentration":"x")") + "," +
            row(R"(,"rawConcentration":1e7)") + "," + row(R"(,"parameter":"LEAD")") + "," +
            row(R"(,"fullAQSCode":"060371104","latitude":91)") + "]");
  EXPECT_EQ(values.observations.size(), 1U);
  EXPECT_EQ(values.without_value, 1U);
  EXPECT_THAT(values.rejected,
              UnorderedElementsAre(Pair("bad_date", 2U), Pair("wrong_unit", 1U),
                                   Pair("unknown_unit", 1U), Pair("bad_value", 1U),
                                   Pair("implausible_value", 1U), Pair("bad_coordinates", 1U)));
}

TEST(AirNowReports, BothGenerationsSayTheSame) {
  const auto old_ones = ParseAirNowReports(Golden("airnow_observations_2014.json"));
  ASSERT_TRUE(old_ones.ok()) << old_ones.error().ToString();
  ASSERT_EQ(old_ones->indexes.size(), 2U);
  EXPECT_EQ(old_ones->indexes[0].aqi, 71);
  EXPECT_EQ(old_ones->indexes[0].category, "Moderate");
  EXPECT_EQ(old_ones->indexes[0].hour, 17);
  EXPECT_EQ(old_ones->indexes[0].area, "Central LA CO");
  EXPECT_FALSE(old_ones->indexes[1].aqi) << "-1: only the category is known";
  EXPECT_EQ(old_ones->indexes[1].category, "Good");
  const auto new_ones = ParseAirNowReports(Golden("airnow_observations_2026.json"));
  ASSERT_TRUE(new_ones.ok()) << new_ones.error().ToString();
  ASSERT_EQ(new_ones->indexes.size(), 2U);
  EXPECT_EQ(new_ones->rejected, 1U) << "there is no hour 25";
  EXPECT_EQ(new_ones->indexes[0].aqi, 44);
  EXPECT_EQ(new_ones->indexes[0].hour, 17);
  EXPECT_EQ(new_ones->indexes[0].area, "Los Angeles-North Main Street");
  EXPECT_FALSE(new_ones->indexes[1].aqi);
  EXPECT_EQ(new_ones->indexes[1].area, "Central LA CO");
  EXPECT_EQ(new_ones->indexes[1].pollutant, airquality::Pollutant::kPm10);
}

}  // namespace
}  // namespace geoclimate::ingest
