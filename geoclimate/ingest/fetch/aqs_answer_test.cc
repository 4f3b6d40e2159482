#include "geoclimate/ingest/fetch/aqs_answer.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

using airquality::Concentration;
using airquality::EventStatus;
using airquality::MonitorKind;
using airquality::Statistic;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(GEOCLIMATE_SOURCE_DIR) + "/tests/golden/fetch/" + name);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

const SourceDescription& AirData() {
  static const std::vector<SourceDescription> sources = *BuiltInSources();
  return *FindAirData(sources);
}

TEST(AqsDaily, RowsAreReadByTheRulesOfAirDataFiles) {
  const auto values = ParseAqsDaily(Golden("aqs_daily.json"), AirData());
  ASSERT_TRUE(values.ok()) << values.error().ToString();
  EXPECT_EQ(values->rows, 5U);
  EXPECT_THAT(values->rejected, UnorderedElementsAre(Pair("unknown_duration", 1U)));
  ASSERT_EQ(values->observations.size(), 4U);
  const auto& pm25 = values->observations[0];
  EXPECT_EQ(pm25.key.site.ToString(), "06-037-1103");
  EXPECT_EQ(pm25.key.poc, 3);
  EXPECT_EQ(pm25.key.statistic, Statistic::kMean);
  EXPECT_EQ(pm25.value, Concentration::FromDouble(11.2));
  EXPECT_EQ(pm25.source, airquality::Source::kFinal);
  EXPECT_EQ(pm25.monitor, MonitorKind::kContinuous);
  EXPECT_EQ(base::FormatTimestamp(pm25.key.start), "2026-03-01T08:00:00Z") << "local midnight";
  const auto& ozone = values->observations[1];
  EXPECT_EQ(ozone.key.statistic, Statistic::kMax8Hour);
  EXPECT_EQ(ozone.value, Concentration::FromDouble(0.045)) << "the first maximum, not the mean";
  EXPECT_EQ(values->observations[2].key.event, EventStatus::kExcluded);
  EXPECT_EQ(values->observations[3].key.statistic, Statistic::kMax1Hour);
  ASSERT_EQ(values->sites.size(), 1U);
  EXPECT_EQ(values->sites[0].name, "Los Angeles-North Main Street");
  EXPECT_EQ(values->sites[0].cbsa, "Los Angeles-Long Beach-Anaheim, CA");
}

TEST(AqsDaily, TheHeaderDecidesWhatAnAnswerIs) {
  const auto none = ParseAqsDaily(Golden("aqs_no_data.json"), AirData());
  ASSERT_TRUE(none.ok()) << none.error().ToString();
  EXPECT_EQ(none->note, "No data matched your selection");
  const auto key = ParseAqsDaily(Golden("aqs_bad_key.json"), AirData());
  EXPECT_EQ(key.error().code(), base::ErrorCode::kUnauthenticated);
  const auto failed = ParseAqsDaily(Golden("aqs_failed.json"), AirData());
  EXPECT_EQ(failed.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(failed.error().message(), ::testing::HasSubstr("edate"));
}

TEST(AqsDaily, WhatIsNoAnswerIsRefused) {
  const std::string whole = Golden("aqs_daily.json");
  for (std::size_t i = 0; i + 2 < whole.size(); i += 31) {
    const auto values = ParseAqsDaily(whole.substr(0, i), AirData());
    ASSERT_FALSE(values.ok()) << i;
    EXPECT_EQ(values.error().code(), base::ErrorCode::kDataLoss);
  }
  for (const char* text : {"[]", "{}", R"({"Header":[],"Data":[]})", R"({"Header":[{}]})"}) {
    EXPECT_FALSE(ParseAqsDaily(text, AirData()).ok()) << text;
  }
}

}  // namespace
}  // namespace geoclimate::ingest
