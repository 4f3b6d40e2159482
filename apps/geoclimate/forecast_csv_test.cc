#include "apps/geoclimate/forecast_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace geoclimate::app {
namespace {

using airquality::IssuedForecast;
using airquality::Pollutant;
using airquality::SiteId;
using base::MakeDay;
using ::testing::HasSubstr;

base::Result<std::vector<IssuedForecast>> Read(std::string_view text) {
  formats::MemorySource bytes(text);
  return ReadForecasts(bytes, "f.csv");
}

std::string ErrorOf(std::string_view text) {
  const auto forecasts = Read(text);
  return forecasts.ok() ? "no error" : forecasts.error().message();
}

TEST(ForecastCsv, ReadsTheColumnsOfABacktest) {
  const auto forecasts = Read(
      "pollutant,site_id,issued_date,horizon_days,valid_date,method,mean,p10,p50,p90,p_aqi_over_"
      "100,aqi,observed,model_id\n"
      "PM2.5,06-037-1103,2020-09-09,2,2020-09-11,model,41.5,20,39,70.25,0.55,110,58.1,pm25_d2_v1\n"
      "O3,CC-001-0002,2020-02-28,1,2020-02-29,persistence_fallback,0.031,0.02,0.03,0.04,0,28,,\n");
  ASSERT_TRUE(forecasts.ok()) << forecasts.error().ToString();
  ASSERT_EQ(forecasts->size(), 2u);
  const IssuedForecast& first = (*forecasts)[0];
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
  EXPECT_EQ((*forecasts)[1].mean, 0.031F);
}

TEST(ForecastCsv, ColumnsMayBeFewAndInAnyOrder) {
  const auto forecasts = Read(
      "p50,valid_date,remark,site_id,pollutant,issued_date\n"
      "8,2020-01-03,mine,360810124,pm25,2020-01-02\n\n");
  ASSERT_TRUE(forecasts.ok()) << forecasts.error().ToString();
  ASSERT_EQ(forecasts->size(), 1u);
  EXPECT_EQ((*forecasts)[0].horizon_days, 1);
  EXPECT_TRUE(std::isnan((*forecasts)[0].mean));
  EXPECT_EQ((*forecasts)[0].p50, 8);
  EXPECT_TRUE(std::isnan((*forecasts)[0].p10));
  EXPECT_TRUE(std::isnan((*forecasts)[0].probability_over_100));
}

TEST(ForecastCsv, SaysWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf(""), "f.csv: empty");
  EXPECT_THAT(ErrorOf("a,b\n"),
              HasSubstr("f.csv: no column 'pollutant'; forecasts have the columns"));
  EXPECT_THAT(ErrorOf("pollutant,site_id,issued_date,mean\n"),
              HasSubstr("'horizon_days' or 'valid_date'"));
  EXPECT_THAT(ErrorOf("pollutant,site_id,issued_date,valid_date,p90\n"),
              HasSubstr("'mean' or 'p50'"));

  const std::string header =
      "pollutant,site_id,issued_date,horizon_days,valid_date,mean,p10,p50,p90,p_aqi_over_100\n";
  const auto wrong = [&](std::string_view row) {
    return ErrorOf(header + std::string(row) + "\n");
  };
  EXPECT_EQ(wrong("PM2.5,06-037-1103,2020-01-01,1,2020-01-02,5,1,5,9,0.1"), "no error");
  EXPECT_EQ(wrong("PM2.5,06-037-1103"), "f.csv:2: 2 fields under a header of 10");
  EXPECT_THAT(wrong("radon,06-037-1103,2020-01-01,1,,5,,,,"), HasSubstr("f.csv:2: pollutant: "));
  EXPECT_THAT(wrong("O3,somewhere,2020-01-01,1,,5,,,,"), HasSubstr("f.csv:2: site_id: "));
  EXPECT_THAT(wrong("O3,06-037-1103,2020-02-30,1,,5,,,,"), HasSubstr("issued_date: "));
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1.5,,5,,,,"),
            "f.csv:2: horizon_days: '1.5' is no whole number");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,0,,5,,,,"),
            "f.csv:2: horizon_days: 0 is not within 1 to 300 days");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,2020-01-03,5,,,,"),
            "f.csv:2: valid_date: '2020-01-03' is not 1 days after '2020-01-01'");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,,,5,,,,"),
            "f.csv:2: horizon_days: empty, and so is valid_date");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,,,,,,"), "f.csv:2: mean: neither a mean nor a p50");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,,nan,,,,"),
            "f.csv:2: mean: 'nan' is no number within 1e9");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,,5,9,,1,"), "f.csv:2: p90: below p10");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,,5,6,5,,"), "f.csv:2: p50: below p10");
  EXPECT_EQ(wrong("O3,06-037-1103,2020-01-01,1,,5,,,,1.2"),
            "f.csv:2: p_aqi_over_100: not within 0 to 1");
  EXPECT_THAT(ErrorOf(header + "O3,\"06"), HasSubstr("f.csv:2: "));
}

TEST(ForecastCsv, AForecastStandsOnce) {
  const std::string text =
      "pollutant,site_id,issued_date,horizon_days,mean\n"
      "O3,06-037-1103,2020-01-01,1,0.03\n"
      "O3,06-037-1103,2020-01-01,2,0.03\n"
      "O3,060371103,2020-01-01,1,0.04\n";
  EXPECT_THAT(ErrorOf(text),
              HasSubstr("f.csv:4: the forecast for O3 at 06-037-1103 issued on 2020-01-01"));
  EXPECT_THAT(ErrorOf(text), HasSubstr("stands on line 2 already"));
}

}  // namespace
}  // namespace geoclimate::app
