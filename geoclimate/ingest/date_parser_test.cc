#include "geoclimate/ingest/date_parser.h"

#include <gtest/gtest.h>

namespace geoclimate::ingest {
namespace {

constexpr DateFormat::Part kYear = DateFormat::Part::kYear;
constexpr DateFormat::Part kMonth = DateFormat::Part::kMonth;
constexpr DateFormat::Part kDay = DateFormat::Part::kDay;

const std::vector<DateFormat> kFormats = {{{kMonth, kDay, kYear}, '/', "month/day/year"},
                                          {{kYear, kMonth, kDay}, '-', "year-month-day"},
                                          {{kMonth, kDay, kYear}, '-', "month-day-year"}};

TEST(ReadDate, ReadsEachFormatPaddedOrNot) {
  for (const std::string_view text :
       {"02/03/2019", "2/3/2019", "2/03/2019", "2019-02-03", "2019-2-3", "02-03-2019"}) {
    const DateReading reading = ReadDate(text, kFormats);
    EXPECT_EQ(reading.status, DateStatus::kDay) << text;
    EXPECT_EQ(base::FormatDay(reading.day), "2019-02-03") << text;
  }
}

TEST(ReadDate, KnowsTheCalendar) {
  EXPECT_EQ(ReadDate("02/29/2020", kFormats).status, DateStatus::kDay);
  EXPECT_EQ(ReadDate("02/29/2000", kFormats).status, DateStatus::kDay);
  for (const std::string_view text :
       {"02/29/2019", "02/30/2020", "13/01/2020", "00/10/2020", "04/31/2020", "1/0/2020",
        "1/1/0000", "12/31/1900", "1/1/2150", "2020-13-01"}) {
    EXPECT_EQ(ReadDate(text, kFormats).status, DateStatus::kNoSuchDay) << text;
  }
}

TEST(ReadDate, TakesNoOtherForm) {
  for (const std::string_view text :
       {"",           "2020",       "1/1/20",           "1/1",       "1/1/2020/1",
        "1/1-2020",   "1-1/2020",   "a/b/cccc",         "1//2020",   "001/1/2020",
        "1/001/2020", "1/1/20201",  "20200101",         "1.1.2020",  " 1/1/2020",
        "1/1/2020 ",  "2020/01/01", "2020-01-01 00:00", "-1/1/2020", "+1/1/2020"}) {
    EXPECT_EQ(ReadDate(text, kFormats).status, DateStatus::kOtherFormat) << text;
  }
}

TEST(ReadDate, ReadsEveryDayOfALongRange) {
  for (base::LocalDay day = base::MakeDay(1979, 12, 25); day < base::MakeDay(2024, 3, 5);
       day += std::chrono::days(1)) {
    const DateReading reading = ReadDate(base::FormatDay(day), kFormats);
    ASSERT_EQ(reading.status, DateStatus::kDay);
    ASSERT_EQ(reading.day, day);
  }
}

}  // namespace
}  // namespace geoclimate::ingest
