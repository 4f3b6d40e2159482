#include "apps/geoclimate/aqi_verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "geoclimate/formats/compression.h"

namespace geoclimate::app {
namespace {

using ::testing::HasSubstr;

std::vector<AqiColumn> Verify(std::string_view text) {
  formats::MemorySource bytes(text);
  const auto columns = VerifyAqiColumn(bytes, *ingest::BuiltInSources());
  EXPECT_TRUE(columns.ok()) << (columns.ok() ? "" : columns.error().ToString());
  return columns.ok() ? *columns : std::vector<AqiColumn>();
}

TEST(VerifyAqiColumn, FindsTheTableThatAFileWasDownloadedUnder) {
  const std::string header = "Date,Site ID,POC,Daily Mean PM2.5 Concentration,Daily AQI Value\n";
  // 10.2 under epa-2012 is 42.5, hence 43.
  const auto old = Verify(header + "1/1/2023,060371103,1,10.2,43\n1/2/2023,060371103,1,26.3,81\n");
  ASSERT_EQ(old.size(), 1U);
  EXPECT_EQ(old[0].table->name, "epa-2012");
  EXPECT_EQ(old[0].rows, 2U);
  EXPECT_EQ(old[0].matches, 2U);
  const auto newer = Verify(header + "1/1/2023,060371103,1,3.3,18\n1/2/2023,060371103,1,-1,0\n");
  ASSERT_EQ(newer.size(), 1U);
  EXPECT_EQ(newer[0].table->name, "epa-2024");
  EXPECT_EQ(newer[0].matches, 2U);
}

TEST(VerifyAqiColumn, NamesTheRowsThatItDoesNotReproduce) {
  const auto columns = Verify(
      "Date,Site ID,POC,Daily Max 8-hour Ozone Concentration,Daily AQI Value\n"
      "1/1/2023,060371103,1,0.046,43\n"
      "1/2/2023,060371103,1,0.054,51\n"
      "1/3/2023,060371103,1,0.054,.\n");
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_EQ(columns[0].table->name, "epa-2015");
  EXPECT_EQ(columns[0].rows, 2U);
  EXPECT_EQ(columns[0].matches, 1U);
  ASSERT_EQ(columns[0].first_mismatches.size(), 1U);
  EXPECT_EQ(columns[0].first_mismatches[0].line, 3U);
  EXPECT_EQ(columns[0].first_mismatches[0].our_aqi, 50);

  const FileAqi file{"o3.csv", columns, ""};
  const std::string text = RenderAqiVerifyText(std::span(&file, 1));
  EXPECT_THAT(text, HasSubstr("o3.csv: O3 epa-2015: 1 of 2 rows reproduced\n"));
  EXPECT_THAT(text, HasSubstr("o3.csv:3: the file's AQI is 51, 0.054 ppm gives 50\n"));
  EXPECT_THAT(text, HasSubstr("1 of 2 AQI values in 1 files reproduced"));
  EXPECT_THAT(RenderAqiVerifyJson(std::span(&file, 1)), HasSubstr("\"mismatches\":1"));
}

TEST(VerifyAqiColumn, LeavesOutRowsOfExcludedEvents) {
  const auto columns = Verify(
      "State Code,County Code,Site Num,Parameter Code,POC,Sample Duration,Date Local,Event Type,"
      "Arithmetic Mean,1st Max Value,AQI\n"
      "06,037,1103,44201,1,8-HR RUN AVG BEGIN HOUR,2021-07-01,Included,0.04,0.056,54\n"
      "06,037,1103,44201,1,8-HR RUN AVG BEGIN HOUR,2021-07-01,Excluded,0.04,0.050,54\n"
      "06,037,1103,42101,1,1 HOUR,2021-07-01,None,0.1,0.3,\n");
  ASSERT_EQ(columns.size(), 1U);
  EXPECT_EQ(columns[0].rows, 1U);
  EXPECT_EQ(columns[0].matches, 1U);
  EXPECT_EQ(columns[0].excluded_events, 1U);
}

TEST(RunAqiVerify, ReproducesEveryAqiOfTheBundledFiles) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int exit_code =
      RunAqiVerify({std::string(GEOCLIMATE_SOURCE_DIR) + "/data/epa"}, AqiVerifyOutput::kText);
  const std::string text = testing::internal::GetCapturedStdout();
  const std::string errors = testing::internal::GetCapturedStderr();
  EXPECT_EQ(exit_code, 0) << text;
  EXPECT_THAT(text, HasSubstr("PM2.5 epa-2012"));
  EXPECT_THAT(text, HasSubstr("PM2.5 epa-2024"));
  EXPECT_THAT(text, HasSubstr("O3 epa-2008"));
  EXPECT_THAT(text, HasSubstr("PM10 epa-1999"));
  EXPECT_THAT(text, HasSubstr("264,139 of 264,139 AQI values in 56 files reproduced"));
  EXPECT_THAT(errors, HasSubstr("not verified: "));
  EXPECT_THAT(errors, HasSubstr("gap-filled"));
  EXPECT_THAT(errors, HasSubstr("no-site-id"));
}

TEST(RunAqiVerify, FailsWhereNothingCouldBeVerified) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunAqiVerify({"/nowhere"}, AqiVerifyOutput::kText), 1);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("/nowhere does not exist"));
}

}  // namespace
}  // namespace geoclimate::app
