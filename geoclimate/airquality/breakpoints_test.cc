#include "geoclimate/airquality/breakpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::airquality {
namespace {

using base::MakeDay;
using testing::HasSubstr;

TEST(Breakpoints, SegmentsAscendWithoutGapInConcentrationAndIndex) {
  for (const Pollutant pollutant : kPollutants) {
    base::LocalDay previous_day;
    for (const BreakpointTable& table : BreakpointTables(pollutant)) {
      EXPECT_EQ(table.pollutant, pollutant);
      EXPECT_EQ(table.daily.statistic, DailyStatistic(pollutant));
      EXPECT_EQ(table.daily.segments.front().low, 0);
      EXPECT_LT(previous_day, table.in_force_from);
      previous_day = table.in_force_from;
      for (const BreakpointScale& scale : {table.daily, table.second}) {
        for (std::size_t i = 0; i < scale.segments.size(); ++i) {
          const BreakpointSegment& segment = scale.segments[i];
          EXPECT_LT(segment.low, segment.high);
          EXPECT_LT(segment.aqi_low, segment.aqi_high);
          if (i == 0) continue;
          EXPECT_EQ(segment.low, scale.segments[i - 1].high + 1) << table.name;
          EXPECT_EQ(segment.aqi_low, scale.segments[i - 1].aqi_high + 1) << table.name;
        }
      }
    }
  }
}

TEST(Breakpoints, ATableIsFoundByNameOrByDate) {
  EXPECT_EQ((*ParseTable(Pollutant::kPm25, "epa-2012"))->name, "epa-2012");
  EXPECT_EQ((*ParseTable(Pollutant::kPm25, "2013-03-17"))->name, "epa-1999");
  EXPECT_EQ((*ParseTable(Pollutant::kPm25, "2013-03-18"))->name, "epa-2012");
  EXPECT_EQ((*ParseTable(Pollutant::kPm25, "2024-05-05"))->name, "epa-2012");
  EXPECT_EQ((*ParseTable(Pollutant::kPm25, "2024-05-06"))->name, "epa-2024");
  EXPECT_EQ((*ParseTable(Pollutant::kO3, "2015-12-27"))->name, "epa-2008");
  EXPECT_EQ((*ParseTable(Pollutant::kO3, "2015-12-28"))->name, "epa-2015");
  EXPECT_EQ((*ParseTable(Pollutant::kPm10, "2020-01-01"))->name, "epa-1999");
  EXPECT_EQ((*ParseTable(Pollutant::kCo, "2020-01-01"))->name, "epa");
  EXPECT_EQ((*ParseTable(Pollutant::kO3, "1985-07-01"))->name, "epa-2008") << "older than any";
}

TEST(Breakpoints, TheNewestIsTheDefault) {
  EXPECT_EQ(NewestTable(Pollutant::kPm25).name, "epa-2024");
  EXPECT_EQ(NewestTable(Pollutant::kPm10).name, "epa-2024");
  EXPECT_EQ(NewestTable(Pollutant::kO3).name, "epa-2015");
  EXPECT_EQ(NewestTable(Pollutant::kSo2).name, "epa");
}

TEST(Breakpoints, AnUnknownTableIsRefusedWithTheNamesThatExist) {
  const auto unknown = ParseTable(Pollutant::kPm25, "epa-2015");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_THAT(unknown.error().message(), testing::AllOf(HasSubstr("'epa-2015'"), HasSubstr("PM2.5"),
                                                        HasSubstr("epa-1999, epa-2012, epa-2024")));
  EXPECT_FALSE(ParseTable(Pollutant::kPm25, "").ok());
  const auto no_day = ParseTable(Pollutant::kPm25, "2024-02-30");
  ASSERT_FALSE(no_day.ok());
  EXPECT_THAT(no_day.error().message(), HasSubstr("2024-02-30"));
}

}  // namespace
}  // namespace geoclimate::airquality
