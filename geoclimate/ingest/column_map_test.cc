#include "geoclimate/ingest/column_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace geoclimate::ingest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const std::vector<SourceDescription>& Sources() {
  static const std::vector<SourceDescription> sources = *BuiltInSources();
  return sources;
}

base::Result<ColumnMap> Match(std::string_view header) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t comma = header.find(',');
    fields.push_back(header.substr(0, comma));
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return MatchHeader(Sources(), fields);
}

std::string Message(std::string_view header) {
  const auto map = Match(header);
  EXPECT_FALSE(map.ok()) << header;
  if (map.ok()) return "";
  EXPECT_EQ(map.error().code(), base::ErrorCode::kInvalidArgument);
  return map.error().message();
}

TEST(MatchHeader, FindsColumnsByAnyOfTheirNames) {
  const auto map = Match(
      "row,DATE,aqs_site_id,POC,Daily.Mean.PM2.5.Concentration,DAILY_AQI_VALUE,site "
      "latitude,extra");
  ASSERT_TRUE(map.ok()) << map.error().ToString();
  EXPECT_EQ(map->source->name, "epa_daily");
  EXPECT_EQ(map->field_count, 8U);
  EXPECT_EQ(map->FieldOf(Role::kDate), 1);
  EXPECT_EQ(map->FieldOf(Role::kSiteId), 2);
  EXPECT_EQ(map->FieldOf(Role::kLatitude), 6);
  EXPECT_EQ(map->FieldOf(Role::kLongitude), ColumnMap::kAbsent);
  ASSERT_EQ(map->values.size(), 1U);
  EXPECT_EQ(map->values[0].field, 4);
  EXPECT_EQ(map->values[0].column->parameter, 88101U);
}

TEST(MatchHeader, TellsTheFamiliesApart) {
  const auto map = Match(
      "State Code,County Code,Site Num,Parameter Code,POC,Sample Duration,Date Local,Arithmetic "
      "Mean,1st Max Value,AQI");
  ASSERT_TRUE(map.ok()) << map.error().ToString();
  EXPECT_EQ(map->source->name, "epa_airdata");
  EXPECT_EQ(map->values.size(), 2U);
}

TEST(MatchHeader, SaysWhichRequiredColumnIsMissingAndWhy) {
  EXPECT_THAT(Message("Date,POC,Daily Mean PM2.5 Concentration,Units,Daily AQI Value,State"),
              AllOf(HasSubstr("site_id is missing"), HasSubstr("'Site ID' or 'AQS_SITE_ID'"),
                    HasSubstr("a value belongs to no place")));
  EXPECT_THAT(Message("Site ID,POC,Daily Mean PM2.5 Concentration,Units,Daily AQI Value"),
              HasSubstr("date is missing"));
}

TEST(MatchHeader, SaysWhatWasExpectedOfAnotherTable) {
  EXPECT_THAT(Message("id,name,price"),
              AllOf(HasSubstr("not a table of a known family"), HasSubstr("'Site ID'"),
                    HasSubstr("'Date Local'"), HasSubstr("found 'id,name,price'")));
  EXPECT_THAT(Message("Date,Close"), HasSubstr("not a table of a known family"));
  EXPECT_THAT(Message(""), HasSubstr("not a table of a known family"));
  EXPECT_THAT(Message(std::string_view("\x7f\x45\x4c\x46\0\x01", 6)),
              HasSubstr("not a table of a known family"));
  EXPECT_LT(Message(std::string(1 << 20, 'x')).size(), 1000U);
}

TEST(MatchHeader, NamesUtf16) {
  EXPECT_THAT(Message(std::string_view("\xff\xfe"
                                       "D\0a\0t\0e\0",
                                       10)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(Message(std::string_view("\xfe\xff\0D\0a", 6)), HasSubstr("UTF-16"));
}

TEST(MatchHeader, RefusesWhatItCannotTellApart) {
  EXPECT_THAT(Message("Date,Site ID,POC,Units,Daily Mean PM2.5 Concentration,"
                      "Daily Mean PM10 Concentration"),
              HasSubstr("two columns for the concentration"));
  EXPECT_THAT(Message("Date,Site ID,AQS_SITE_ID,POC,Daily Mean PM2.5 Concentration"),
              HasSubstr("two columns for site_id: 'Site ID' and 'AQS_SITE_ID'"));
  EXPECT_THAT(Message("Date,Site ID,POC,Units,Daily AQI Value"),
              HasSubstr("no column of concentrations"));
}

}  // namespace
}  // namespace geoclimate::ingest
