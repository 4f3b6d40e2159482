#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "geoclimate/airquality/aqi.h"
#include "geoclimate/airquality/nowcast.h"

namespace geoclimate::airquality {
namespace {

using Row = std::vector<std::string>;

// The rows of tests/golden/aqi/<name> below its header; the last column takes the rest of the line.
std::vector<Row> GoldenRows(const std::string& name) {
  std::ifstream file(std::string(GEOCLIMATE_SOURCE_DIR) + "/tests/golden/aqi/" + name);
  std::string line;
  std::getline(file, line);
  const std::size_t columns =
      1 + static_cast<std::size_t>(std::count(line.begin(), line.end(), ','));
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    Row row;
    std::size_t from = 0;
    while (row.size() + 1 < columns) {
      const std::size_t comma = line.find(',', from);
      row.push_back(line.substr(from, comma - from));
      from = comma + 1;
    }
    row.push_back(line.substr(from));
    rows.push_back(std::move(row));
  }
  EXPECT_GE(rows.size(), 10u) << name;
  return rows;
}

Statistic StatisticOf(const std::string& text) {
  if (text == "max_8_hour") return Statistic::kMax8Hour;
  if (text == "max_1_hour") return Statistic::kMax1Hour;
  EXPECT_EQ(text, "mean");
  return Statistic::kMean;
}

std::optional<Concentration> Optional(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return *Concentration::Parse(text);
}

void ExpectAqi(const std::optional<AqiValue>& value, const std::string& aqi,
               const std::string& category) {
  ASSERT_EQ(value.has_value(), !aqi.empty());
  if (!value) return;
  EXPECT_EQ(std::to_string(value->aqi), aqi);
  EXPECT_EQ(Name(value->category), category);
}

TEST(AqiGolden, EveryRowOfEveryTableHolds) {
  for (const Pollutant pollutant : kPollutants) {
    std::set<std::tuple<std::string, std::string>> seen;
    for (const Row& row : GoldenRows(std::string(Slug(pollutant)) + ".csv")) {
      SCOPED_TRACE(row[0] + " " + row[1] + " " + row[2] + " " + row[3] + ": " + row[7]);
      const BreakpointTable& table = **FindTable(*ParsePollutant(row[0]), row[1]);
      const std::optional<AqiValue> value =
          AqiOfStatistic(table, StatisticOf(row[2]), *Concentration::Parse(row[3]));
      ExpectAqi(value, row[5], row[6]);
      if (value) {
        EXPECT_EQ(value->truncated.ToString(), row[4]);
        EXPECT_EQ(value->table, row[1]);
        EXPECT_EQ(value->pollutant, pollutant);
      }
      seen.emplace(row[1], row[2]);
    }
    std::size_t scales = 0;
    for (const BreakpointTable& table : BreakpointTables(pollutant)) {
      scales += table.second.segments.empty() ? 1 : 2;
    }
    EXPECT_EQ(seen.size(), scales) << "a table without golden rows of " << Name(pollutant);
  }
}

TEST(AqiGolden, RowsOfEpasOwnFilesHold) {
  for (const Row& row : GoldenRows("published.csv")) {
    SCOPED_TRACE(row[0] + " " + row[2] + ": " + row[4]);
    const BreakpointTable& table = **FindTable(*ParsePollutant(row[0]), row[1]);
    EXPECT_EQ(std::to_string(Aqi(table, *Concentration::Parse(row[2])).aqi), row[3]);
  }
}

TEST(AqiGolden, ADayOfOzoneTakesTheLargerOfTwoStatistics) {
  for (const Row& row : GoldenRows("o3_day.csv")) {
    SCOPED_TRACE(row[0] + " " + row[1] + " " + row[2] + ": " + row[5]);
    const BreakpointTable& table = **FindTable(Pollutant::kO3, row[0]);
    ExpectAqi(OzoneAqi(table, Optional(row[1]), Optional(row[2])), row[3], row[4]);
  }
}

TEST(AqiGolden, ADayOfSulfurDioxidePasses200OnlyByItsMean) {
  for (const Row& row : GoldenRows("so2_day.csv")) {
    SCOPED_TRACE(row[1] + " " + row[2] + ": " + row[5]);
    ExpectAqi(SulfurDioxideAqi(NewestTable(Pollutant::kSo2), Optional(row[1]), Optional(row[2])),
              row[3], row[4]);
  }
}

TEST(AqiGolden, NowCastsHold) {
  for (const Row& row : GoldenRows("nowcast.csv")) {
    SCOPED_TRACE(row[0] + ": " + row[15]);
    const Pollutant pollutant = *ParsePollutant(row[0]);
    std::array<std::optional<Concentration>, kNowCastHours> hours;
    for (std::size_t i = 0; i < kNowCastHours; ++i) hours[i] = Optional(row[1 + i]);
    const std::optional<NowCast> nowcast = ComputeNowCast(pollutant, hours);
    ASSERT_EQ(nowcast.has_value(), !row[13].empty());
    if (!nowcast) continue;
    EXPECT_EQ(nowcast->value.ToString(), row[13]);
    EXPECT_EQ(std::to_string(Aqi(pollutant, nowcast->value).aqi), row[14]);
  }
}

}  // namespace
}  // namespace geoclimate::airquality
