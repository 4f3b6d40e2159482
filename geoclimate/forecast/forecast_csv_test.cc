#include "geoclimate/forecast/forecast_csv.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace geoclimate::forecast {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHeader =
    "pollutant,site_id,issued_date,horizon_days,valid_date,mean,p10,p50,p90,p_aqi_over_100\n";

struct ReadFile {
  ForecastFile file;
  std::vector<std::string> rejects;  // "line column reason: detail"
};

base::Result<ReadFile> Read(std::string_view text) {
  formats::MemorySource bytes(text);
  ReadFile read;
  GC_ASSIGN_OR_RETURN(
      read.file, ReadForecasts(bytes, "f.csv", [&read](const RejectedForecast& row) {
        read.rejects.push_back(
            fmt::format("{} {} {}: {}", row.line, row.column, RejectName(row.reason), row.detail));
      }));
  return read;
}

std::string ErrorOf(std::string_view text) {
  const auto read = Read(text);
  return read.ok() ? "no error" : read.error().message();
}

// What is wrong with one row under kHeader.
std::string RejectOf(std::string_view row) {
  const auto read = Read(std::string(kHeader) + std::string(row) + "\n");
  if (!read.ok()) return read.error().message();
  return read->rejects.empty() ? "none" : read->rejects.front();
}

TEST(ForecastCsv, ReadsTheColumnsOfABacktest) {
  const auto read = Read(
      "pollutant,site_id,issued_date,horizon_days,valid_date,method,mean,p10,p50,p90,p_aqi_over_"
      "100,aqi,observed,model_id\n"
      "PM2.5,06-037-1103,2020-09-09,2,2020-09-11,model,41.5,20,39,70.25,0.55,110,58.1,pm25_d2_v1\n"
      "O3,CC-001-0002,2020-02-28,1,2020-02-29,persistence_fallback,0.031,0.02,0.03,0.04,0,28,,\n");
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  ASSERT_EQ(read->file.forecasts.size(), 2u);
  const IssuedForecast& first = read->file.forecasts[0];
  EXPECT_EQ(first.pollutant, Pollutant::kPm25);
  EXPECT_EQ(first.site, SiteId::FromParts(6, 37, 1103));
  EXPECT_EQ(first.issue_day, MakeDay(2020, 9, 9));
  EXPECT_EQ(first.horizon_days, 2);
  EXPECT_EQ(first.valid_day(), MakeDay(2020, 9, 11));
  EXPECT_EQ(first.mean, 41.5F);
  EXPECT_EQ(first.p10, 20);
  EXPECT_EQ(first.p50, 39);
  EXPECT_EQ(first.p90, 70.25F);
  EXPECT_EQ(first.probability_over_100, 0.55F);
  EXPECT_EQ(first.model_id, "pm25_d2_v1");
  EXPECT_EQ(read->file.forecasts[1].mean, 0.031F);
  EXPECT_TRUE(read->file.groups.empty());
}

TEST(ForecastCsv, ColumnsMayBeFewAndInAnyOrder) {
  const auto read = Read(
      "p50,valid_date,remark,site_id,pollutant,issued_date\n"
      "8,2020-01-03,mine,360810124,pm25,2020-01-02\n\n");
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  ASSERT_EQ(read->file.forecasts.size(), 1u);
  const IssuedForecast& forecast = read->file.forecasts[0];
  EXPECT_EQ(forecast.horizon_days, 1);
  EXPECT_TRUE(std::isnan(forecast.mean));
  EXPECT_EQ(forecast.p50, 8);
  EXPECT_TRUE(std::isnan(forecast.p10));
  EXPECT_TRUE(std::isnan(forecast.probability_over_100));
}

TEST(ForecastCsv, AProbabilityOrAnIntervalAloneIsAForecast) {
  for (const std::string_view columns : {"p_aqi_over_100\n", "p10,p90\n"}) {
    const auto read = Read("pollutant,site_id,issued_date,horizon_days," + std::string(columns) +
                           "O3,060371103,2020-01-01,1," +
                           (columns.starts_with("p10") ? "0.02,0.04\n" : "0.25\n"));
    ASSERT_TRUE(read.ok()) << read.error().ToString();
    EXPECT_EQ(read->file.forecasts.size(), 1u);
    EXPECT_THAT(read->rejects, ElementsAre());
  }
}

TEST(ForecastCsv, GroupsAreTextsInTheOrderOfTheFile) {
  const auto read = Read(
      "pollutant,site_id,issued_date,horizon_days,mean,group\n"
      "O3,060371103,2020-01-01,1,0.03,unseen\n"
      "O3,060371103,2020-01-02,1,0.03,\n"
      "O3,060371103,2020-01-02,1,0.03,seen\n"
      "O3,060371103,2020-01-03,1,0.03,unseen\n"
      "O3,060371103,2020-01-04,1,0.03,a\x01z\n");
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_THAT(read->file.groups, ElementsAre("unseen", "", "seen"));
  EXPECT_THAT(read->file.group_of, ElementsAre(0, 1, 0));
  EXPECT_EQ(read->file.forecasts.size(), 3u);
  EXPECT_EQ(read->file.rejected(), 2u);
}

TEST(ForecastCsv, AFileWithoutWhatItTakesIsRefused) {
  EXPECT_EQ(ErrorOf(""), "f.csv: empty");
  EXPECT_THAT(ErrorOf("a,b\n"),
              HasSubstr("f.csv: no column 'pollutant'; forecasts have the columns"));
  EXPECT_THAT(ErrorOf("pollutant,site_id,issued_date,mean\n"),
              HasSubstr("'horizon_days' or 'valid_date'"));
  EXPECT_THAT(ErrorOf("pollutant,site_id,issued_date,valid_date,p90\n"),
              HasSubstr("'p10' and 'p90'"));
  EXPECT_THAT(ErrorOf("pollutant,\"site"), HasSubstr("f.csv:1: "));
}

TEST(ForecastCsv, ALineIsRejectedByNameColumnAndReason) {
  EXPECT_EQ(RejectOf("PM2.5,06-037-1103,2020-01-01,1,2020-01-02,5,1,5,9,0.1"), "none");
  EXPECT_EQ(RejectOf("PM2.5,06-037-1103"), "2  field_count: 2 fields under a header of 10");
  EXPECT_THAT(RejectOf("radon,06-037-1103,2020-01-01,1,,5,,,,"),
              HasSubstr("2 pollutant bad_pollutant: "));
  EXPECT_THAT(RejectOf("O3,somewhere,2020-01-01,1,,5,,,,"), HasSubstr("2 site_id bad_site_id: "));
  EXPECT_THAT(RejectOf("O3,06-037-1103,2020-02-30,1,,5,,,,"),
              HasSubstr("2 issued_date bad_date: "));
  EXPECT_EQ(RejectOf("O3,06-037-1103,9999-01-01,1,,5,,,,"),
            "2 issued_date bad_date: '9999-01-01' is not within 1900 to 2199");
  EXPECT_THAT(RejectOf("O3,06-037-1103,2020-01-01,1,01/02/2020,5,,,,"),
              HasSubstr("2 valid_date bad_date: "));
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1.5,,5,,,,"),
            "2 horizon_days bad_lead_time: '1.5' is no whole number");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,0,,5,,,,"),
            "2 horizon_days bad_lead_time: 0 is not within 1 to 300 days");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-02,,2020-01-02,5,,,,"),
            "2 valid_date bad_lead_time: 0 is not within 1 to 300 days");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,2020-01-03,5,,,,"),
            "2 valid_date dates_disagree: '2020-01-03' is not 1 days after '2020-01-01'");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,,,5,,,,"),
            "2 valid_date bad_lead_time: neither horizon_days nor valid_date");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,,1,,,"),
            "2  nothing_given: no mean, p50, p10 with p90, nor p_aqi_over_100");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,nan,,,,"),
            "2 mean bad_number: 'nan' is no number within 1e9");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,-1e9,,,,"),
            "2 mean bad_number: '-1e9' is no number within 1e9");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,5,9,,1,"), "2 p90 quantiles_cross: below p10");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,5,6,5,,"), "2 p50 quantiles_cross: below p10");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,5,,5,4,"), "2 p90 quantiles_cross: below p50");
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,5,,,,1.2"),
            "2 p_aqi_over_100 bad_probability: '1.2' is not within 0 to 1");
  EXPECT_THAT(RejectOf("O3,\"06"), HasSubstr("2  malformed_quotes: "));
  EXPECT_THAT(RejectOf("\"O3\"x,060371103"), HasSubstr("2  malformed_quotes: "));
  EXPECT_THAT(RejectOf(std::string(5000, ',')), HasSubstr("2  field_count: "));
  EXPECT_THAT(RejectOf(std::string(2 << 20, 'x')), HasSubstr("2  record_too_long: "));
}

TEST(ForecastCsv, ADetailIsShortAndHoldsNothingThatATerminalObeys) {
  EXPECT_EQ(RejectOf("O3,06-037-1103,2020-01-01,1,,\x1b[31m\xff,,,,"),
            "2 mean bad_number: '?[31m?' is no number within 1e9");
  EXPECT_LT(RejectOf("O3,06-037-1103,2020-01-01,1,," + std::string(5000, 'x') + ",,,,").size(),
            250u);
}

TEST(ForecastCsv, ARejectedLineCostsNoOther) {
  std::string text(kHeader);
  const std::string good = "PM2.5,06-037-1103,2020-01-{:02},1,,5,1,5,9,0.1\n";
  for (int day = 1; day <= 9; ++day) {
    text += fmt::format(fmt::runtime(good), day);
    text += day % 2 == 0 ? "PM2.5,06-037-1103,2020-01-01,1,,x,,,,\n" : "\"\"x\n";
  }
  const auto read = Read(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->file.forecasts.size(), 9u);
  EXPECT_EQ(read->file.rejected(), 9u);
  EXPECT_EQ(read->file.rejects[static_cast<std::size_t>(ForecastReject::kBadNumber)], 4u);
  EXPECT_EQ(read->file.rejects[static_cast<std::size_t>(ForecastReject::kMalformedQuotes)], 5u);
}

TEST(ForecastCsv, OfAForecastThatStandsTwiceTheFirstCounts) {
  const auto read = Read(
      "pollutant,site_id,issued_date,horizon_days,mean,group\n"
      "O3,06-037-1103,2020-01-01,1,0.03,a\n"
      "O3,060371103,2020-01-01,1,0.04,b\n"
      "O3,06-037-1103,2020-01-01,2,0.05,c\n"
      "O3,840060371103,2020-01-01,1,0.06,d\n");
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(
      read->rejects,
      ElementsAre("3  stands_twice: O3 at 06-037-1103 issued on 2020-01-01 for 1 days later "
                  "stands on line 2 already",
                  HasSubstr("5  stands_twice: ")));
  ASSERT_EQ(read->file.forecasts.size(), 2u);
  EXPECT_EQ(read->file.forecasts[0].mean, 0.03F);
  EXPECT_EQ(read->file.forecasts[1].mean, 0.05F);
  EXPECT_THAT(read->file.group_of, ElementsAre(0, 2));
}

}  // namespace
}  // namespace geoclimate::forecast
