#include "geoclimate/ingest/weather_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <string_view>

#include "geoclimate/formats/compression.h"

namespace geoclimate::ingest {
namespace {

using airquality::Coordinates;
using airquality::SiteId;
using airquality::WeatherPlace;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHeader =
    "latitude,longitude,issued_at,valid_date,temperature_2m_max_c,pm2_5_ug_m3\n";

const WeatherTable& Table() {
  static const WeatherTable table = *BuiltInWeatherTable();
  return table;
}

// Everything that a file gives.
struct ReadFile {
  std::vector<airquality::WeatherForecast> forecasts;
  std::vector<float> values;
  std::vector<std::string> rejects;  // "2:5 bad_value: ..."
  std::vector<std::string> variables;
  std::vector<std::string> unknown;
  WeatherCounts counts;
  std::string error;
};

ReadFile Read(std::string_view bytes, WeatherReaderOptions options = {}) {
  ReadFile read;
  const auto source =
      formats::InflateIfGzip(std::make_unique<formats::MemorySource>(bytes), "input");
  EXPECT_TRUE(source.ok());
  const auto reader = WeatherReader::Open(**source, Table(), options);
  if (!reader.ok()) {
    read.error = reader.error().message();
    return read;
  }
  for (const std::size_t i : (*reader)->variables()) {
    read.variables.push_back(Table().variables[i].name);
  }
  read.unknown = (*reader)->unknown_columns();
  while (true) {
    const auto batch = (*reader)->Next();
    EXPECT_TRUE(batch.ok());
    if (!batch.ok() || !batch->has_value()) break;
    const WeatherBatch& rows = **batch;
    read.forecasts.insert(read.forecasts.end(), rows.forecasts.begin(), rows.forecasts.end());
    read.values.insert(read.values.end(), rows.values.begin(), rows.values.end());
    for (const RejectedRow& row : rows.rejected) {
      read.rejects.push_back(std::to_string(row.line) + ":" + std::to_string(row.column) + " " +
                             std::string(ReasonName(row.reason)) + ": " + row.detail);
    }
  }
  read.counts = (*reader)->counts();
  return read;
}

std::string Rejection(std::string_view row) {
  const ReadFile read = Read(std::string(kHeader) + std::string(row) + "\n");
  EXPECT_TRUE(read.forecasts.empty()) << row;
  EXPECT_EQ(read.counts.rejected, read.rejects.size());
  return read.rejects.empty() ? "taken" : read.rejects.front();
}

TEST(WeatherReader, ReadsADayOfAPoint) {
  const ReadFile read =
      Read(std::string(kHeader) + "34.0,-118.25,2020-09-09T12:00Z,2020-09-10,31.5,\n");
  ASSERT_EQ(read.error, "");
  ASSERT_EQ(read.forecasts.size(), 1U);
  const airquality::WeatherForecast& forecast = read.forecasts.front();
  EXPECT_EQ(forecast.place, WeatherPlace(Coordinates{34.0, -118.25}));
  EXPECT_EQ(base::FormatTimestamp(forecast.issued_at), "2020-09-09T12:00:00Z");
  EXPECT_EQ(forecast.valid_day, base::MakeDay(2020, 9, 10));
  EXPECT_FALSE(forecast.valid_time.has_value());
  EXPECT_THAT(read.variables, ElementsAre("pm2_5_ug_m3", "temperature_2m_max_c"));
  EXPECT_TRUE(std::isnan(read.values[0]));
  EXPECT_EQ(read.values[1], 31.5F);
}

// Eight hours west of Greenwich, the evening of the ninth is the tenth in UTC.
TEST(WeatherReader, AMomentBelongsToTheDayOfThePlacesStandardTime) {
  const ReadFile read = Read(
      "site_id,issue_time,valid_time,temperature_2m_max_c\n"
      "06-037-1103,2020-09-08T12:00Z,2020-09-10T05:30Z,20\n"
      "06-037-1103,2020-09-08T12:00Z,2020-09-10T05:30-08:00,20\n");
  ASSERT_EQ(read.forecasts.size(), 2U) << read.error;
  EXPECT_EQ(read.forecasts[0].place, WeatherPlace(SiteId::FromParts(6, 37, 1103)));
  EXPECT_EQ(read.forecasts[0].valid_day, base::MakeDay(2020, 9, 9));
  EXPECT_EQ(read.forecasts[0].valid_time, std::chrono::minutes(21 * 60 + 30));
  EXPECT_EQ(read.forecasts[1].valid_day, base::MakeDay(2020, 9, 10));
  EXPECT_EQ(read.forecasts[1].valid_time, std::chrono::minutes(5 * 60 + 30));
}

TEST(WeatherReader, AnIssueDateIsTheEveningOfThatDay) {
  const ReadFile read = Read(
      "site_id,issued_date,valid_date,temperature_2m_max_c\n"
      "06-037-1103,2020-09-09,2020-09-10,20\n");
  ASSERT_EQ(read.forecasts.size(), 1U) << read.error;
  EXPECT_EQ(base::FormatTimestamp(read.forecasts[0].issued_at), "2020-09-10T05:00:00Z");
}

TEST(WeatherReader, LongitudesMayCountToThreeHundredAndSixty) {
  const ReadFile read =
      Read(std::string(kHeader) + "34,241.75,2020-09-09T12:00Z,2020-09-10,31.5,9\n");
  ASSERT_EQ(read.forecasts.size(), 1U);
  EXPECT_EQ(read.forecasts[0].place, WeatherPlace(Coordinates{34, -118.25}));
}

// The analysis at the issue time itself, and the rest of the day on which it was issued.
TEST(WeatherReader, WhatWasNotIssuedBeforeItsDayBeganIsNoForecast) {
  const ReadFile read = Read(
      "latitude,longitude,issued_at,valid_at,temperature_2m_max_c\n"
      "34,-118.25,2020-09-10T08:00Z,2020-09-10T08:00Z,20\n"
      "34,-118.25,2020-09-10T08:00Z,2020-09-10T20:00Z,20\n"
      "34,-118.25,2020-09-12,2020-09-10,20\n"
      "34,-118.25,2020-09-10T07:59Z,2020-09-10T08:00Z,20\n");
  EXPECT_EQ(read.counts.rows, 4U);
  EXPECT_EQ(read.counts.not_ahead, 3U);
  EXPECT_EQ(read.counts.forecasts, 1U);
  EXPECT_EQ(read.counts.rejected, 0U);
  EXPECT_EQ(read.forecasts.size(), 1U);
}

TEST(WeatherReader, EveryBadRowIsNamedByLineColumnAndReason) {
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,1"), HasSubstr("2:0 field_count"));
  EXPECT_THAT(Rejection("91,-118,2020-09-09,2020-09-10,1,1"),
              HasSubstr("2:1 bad_coordinates: latitude '91'"));
  EXPECT_THAT(Rejection("34,-181,2020-09-09,2020-09-10,1,1"), HasSubstr("2:2 bad_coordinates"));
  EXPECT_THAT(Rejection("34,nan,2020-09-09,2020-09-10,1,1"), HasSubstr("2:2 bad_coordinates"));
  EXPECT_THAT(Rejection(",-118,2020-09-09,2020-09-10,1,1"), HasSubstr("2:1 missing_field"));
  EXPECT_THAT(Rejection("34,-118,,2020-09-10,1,1"), HasSubstr("2:3 missing_field: no issue time"));
  EXPECT_THAT(Rejection("34,-118,9/9/2020,2020-09-10,1,1"), HasSubstr("2:3 bad_date"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-31,1,1"), HasSubstr("2:4 impossible_date"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,warm,1"),
              HasSubstr("2:5 bad_value: temperature_2m_max_c 'warm'"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,301.2,1"),
              HasSubstr("2:5 implausible_value: temperature_2m_max_c '301.2' is not within -90"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,,-3"), HasSubstr("2:6 implausible_value"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,inf,1"), HasSubstr("2:5 bad_value"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,,null"), HasSubstr("2:0 missing_value"));
  EXPECT_THAT(Rejection("34,-118,2020-09-09,2020-09-10,\xFF,1"), HasSubstr("2:5 bad_encoding"));
  EXPECT_THAT(Rejection("34,-118,\"2020-09-09\"x,2020-09-10,1,1"),
              HasSubstr("2:3 malformed_quotes"));
}

TEST(WeatherReader, ABadSiteIdIsRejectedAndAnEmptyOneLeavesThePoint) {
  const ReadFile read = Read(
      "site_id,latitude,longitude,issued_at,valid_date,temperature_2m_max_c\n"
      "downtown,34,-118,2020-09-09,2020-09-10,1\n"
      ",34,-118,2020-09-09,2020-09-10,1\n");
  ASSERT_EQ(read.rejects.size(), 1U);
  EXPECT_THAT(read.rejects[0], HasSubstr("2:1 bad_site_id"));
  ASSERT_EQ(read.forecasts.size(), 1U);
  EXPECT_EQ(read.forecasts[0].place, WeatherPlace(Coordinates{34, -118}));
}

TEST(WeatherReader, UndeclaredVariablesPassUnreadAndAreTold) {
  const ReadFile read = Read(
      "latitude,longitude,issued_at,valid_date,temperature_2m_max_f,Temperature.2m Max-C,model\n"
      "34,-118,2020-09-09,2020-09-10,not read,20,gfs\n");
  EXPECT_THAT(read.variables, ElementsAre("temperature_2m_max_c"));
  EXPECT_THAT(read.unknown, ElementsAre("temperature_2m_max_f", "model"));
  EXPECT_EQ(read.forecasts.size(), 1U);
}

TEST(WeatherReader, AHeaderThatDoesNotTellEnoughIsRefused) {
  EXPECT_THAT(Read("").error, HasSubstr("empty"));
  EXPECT_THAT(Read("site_id,valid_date,temperature_2m_max_c\n").error,
              HasSubstr("no column says when a forecast was issued"));
  EXPECT_THAT(Read("site_id,issued_at,temperature_2m_max_c\n").error,
              HasSubstr("no column says for when a forecast is valid"));
  EXPECT_THAT(Read("issued_at,valid_at,temperature_2m_max_c\n").error,
              HasSubstr("no column says the site"));
  EXPECT_THAT(Read("latitude,issued_at,valid_at,temperature_2m_max_c\n").error,
              HasSubstr("no column says the longitude"));
  EXPECT_THAT(Read("site_id,issued_at,valid_at,tmax\n").error, HasSubstr("found tmax"));
  EXPECT_THAT(Read("site_id,issued_at,issue_time,valid_at,temperature_2m_max_c\n").error,
              HasSubstr("two columns mean the same"));
}

TEST(WeatherReader, GzipBatchesAndBlankLinesChangeNothing) {
  std::string bytes(kHeader);
  for (int i = 0; i < 20; ++i) {
    bytes +=
        "34,-118,2020-09-09,2020-09-" + std::to_string(10 + i) + "," + std::to_string(i) + ",1\n";
    if (i % 5 == 0) bytes += "\n";
    if (i % 7 == 0) bytes += "34,-118,2020-09-09,2020-09-10,x,1\n";
  }
  const ReadFile plain = Read(bytes);
  WeatherReaderOptions small;
  small.batch_rows = 3;
  const ReadFile gzip = Read(formats::DeflateGzip(bytes), small);
  EXPECT_EQ(plain.forecasts.size(), 20U);
  EXPECT_EQ(gzip.values, plain.values);
  EXPECT_EQ(gzip.rejects, plain.rejects);
  EXPECT_EQ(plain.counts.rows, 23U);
  EXPECT_EQ(gzip.counts.rows, 23U);
}

}  // namespace
}  // namespace geoclimate::ingest
