#include "geoclimate/ingest/observation_reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/formats/byte_source.h"

namespace geoclimate::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<SourceDescription>& Sources() {
  static const std::vector<SourceDescription> sources = *BuiltInSources();
  return sources;
}

struct Read {
  std::vector<airquality::Site> sites;
  std::vector<airquality::Observation> observations;
  std::vector<RejectedRow> rejected;
  std::vector<std::int32_t> file_aqi;
  std::vector<std::uint64_t> lines;
  RowCounts counts;
};

base::Result<Read> TryRead(std::string_view text, std::size_t batch_rows = 3) {
  formats::MemorySource bytes(text);
  GC_ASSIGN_OR_RETURN(const auto reader, ObservationReader::Open(bytes, Sources(),
                                                                 {.batch_rows = batch_rows,
                                                                  .file_aqi = FileAqi::kKeep}));
  Read read;
  const auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::optional<ObservationBatch> batch, reader->Next());
    if (!batch) break;
    append(read.sites, batch->sites);
    append(read.observations, batch->observations);
    append(read.rejected, batch->rejected);
    append(read.file_aqi, batch->file_aqi);
    append(read.lines, batch->lines);
  }
  read.counts = reader->counts();
  return read;
}

Read ReadText(std::string_view text) {
  auto read = TryRead(text);
  EXPECT_TRUE(read.ok()) << (read.ok() ? "" : read.error().ToString());
  return read.ok() ? *std::move(read) : Read();
}

constexpr std::string_view kHeader =
    "Date,Source,Site ID,POC,Daily Mean PM2.5 Concentration,UNITS,DAILY_AQI_VALUE,Site Name,"
    "DAILY_OBS_COUNT,PERCENT_COMPLETE,AQS_PARAMETER_CODE,CBSA_NAME,STATE,COUNTY,SITE_LATITUDE,"
    "SITE_LONGITUDE\n";
constexpr std::string_view kGood =
    "01/02/2020,AQS,060371103,3,12.5,ug/m3 LC,52,Main Street,1,100.0,88101,\"Los Angeles, CA\","
    "California,Los Angeles,34.06659,-118.22688\n";

// kGood with its field number `column` (from 1) replaced.
std::string With(int column, std::string_view value) {
  std::string row(kGood);
  std::size_t at = 0;
  bool quoted = false;
  for (int field = 1; field < column; ++at) {
    if (row[at] == '"') quoted = !quoted;
    if (row[at] == ',' && !quoted) ++field;
  }
  std::size_t end = at;
  while (row[end] != '\n' && (quoted || row[end] != ',')) {
    if (row[end] == '"') quoted = !quoted;
    ++end;
  }
  return row.replace(at, end - at, value);
}

TEST(ObservationReader, ReadsARowWithAllItSays) {
  const Read read = ReadText(std::string(kHeader) + std::string(kGood));
  ASSERT_EQ(read.observations.size(), 1U);
  const airquality::Observation& observation = read.observations[0];
  EXPECT_EQ(observation.key.site.ToString(), "06-037-1103");
  EXPECT_EQ(observation.key.parameter, 88101U);
  EXPECT_EQ(observation.key.poc, 3);
  EXPECT_EQ(base::FormatTimestamp(observation.key.start), "2020-01-02T08:00:00Z");
  EXPECT_EQ(observation.key.duration, airquality::Duration::kDay);
  EXPECT_EQ(observation.key.statistic, airquality::Statistic::kMean);
  EXPECT_EQ(observation.key.event, airquality::EventStatus::kRegular);
  EXPECT_EQ(observation.value.ToString(), "12.5");
  EXPECT_EQ(observation.source, airquality::Source::kFinal);
  EXPECT_EQ(observation.completeness, 100);
  EXPECT_THAT(read.file_aqi, ElementsAre(52));
  EXPECT_THAT(read.lines, ElementsAre(2U));
  ASSERT_EQ(read.sites.size(), 1U);
  const airquality::Site& site = read.sites[0];
  EXPECT_EQ(site.name, "Main Street");
  EXPECT_EQ(site.cbsa, "Los Angeles, CA");
  EXPECT_EQ(site.state, "California");
  EXPECT_EQ(site.county, "Los Angeles");
  EXPECT_EQ(site.coordinates, (airquality::Coordinates{34.06659, -118.22688}));
  EXPECT_EQ(site.utc_offset, std::chrono::hours(-8));
}

TEST(ObservationReader, NamesEveryReasonToRejectARow) {
  using enum RejectReason;
  const struct {
    int column;
    std::string_view value;
    RejectReason reason;
  } cases[] = {
      {1, "", kMissingField},
      {1, "2020/01/02", kBadDate},
      {1, "yesterday", kBadDate},
      {1, "02/30/2020", kImpossibleDate},
      {1, "01/0\xff/2020", kBadEncoding},
      {2, "PurpleAir", kUnknownSource},
      {2, "A\xb5", kBadEncoding},
      {3, "", kMissingField},
      {3, "1234", kBadSiteId},
      {3, "06037110X", kBadSiteId},
      {3, "06037\xb5", kBadEncoding},
      {4, "x", kBadPoc},
      {4, "-1", kBadPoc},
      {4, "70000", kBadPoc},
      {5, "", kMissingValue},
      {5, ".", kMissingValue},
      {5, "twelve", kBadValue},
      {5, "12,5", kFieldCount},
      {5, "nan", kBadValue},
      {5, "inf", kBadValue},
      {5, "-Infinity", kBadValue},
      {5, "12.5\xb5", kBadEncoding},
      {5, "100001", kImplausibleValue},
      {5, "-101", kImplausibleValue},
      {5, "1e300", kImplausibleValue},
      {5, "1e400", kImplausibleValue},
      {6, "mg/m3", kUnknownUnit},
      {6, "ppm", kWrongUnit},
      {6, "\xb5g/m3", kBadEncoding},
      {7, "good", kBadAqi},
      {7, "-3", kBadAqi},
      {7, "99999999999", kBadAqi},
      {7, "5e1", kBadAqi},
      {9, "many", kBadCount},
      {9, "1.5", kBadCount},
      {9, "-1", kBadCount},
      {10, "most", kBadCompleteness},
      {10, "-1", kBadCompleteness},
      {10, "1001", kBadCompleteness},
      {10, "nan", kBadCompleteness},
      {11, "PM", kBadParameter},
      {11, "45201", kUnknownParameter},
      {11, "44201", kParameterMismatch},
      {15, "91", kBadCoordinates},
      {15, "north", kBadCoordinates},
      {16, "-181", kBadCoordinates},
      {16, "1\xff", kBadEncoding},
  };
  for (const auto& [column, value, reason] : cases) {
    const Read read = ReadText(fmt::format("{}{}{}", kHeader, kGood, With(column, value)));
    ASSERT_EQ(read.rejected.size(), 1U) << column << " " << value;
    EXPECT_EQ(ReasonName(read.rejected[0].reason), ReasonName(reason)) << column << " " << value;
    EXPECT_EQ(read.rejected[0].line, 3U);
    if (reason != kFieldCount) {
      EXPECT_EQ(read.rejected[0].column, static_cast<std::uint32_t>(column)) << value;
    }
    EXPECT_FALSE(read.rejected[0].detail.empty());
    EXPECT_EQ(read.observations.size(), 1U);
    EXPECT_EQ(read.counts.rejected_by_reason[static_cast<std::size_t>(reason)], 1U);
  }
}

TEST(ObservationReader, TakesWhatLooksOddButIsReal) {
  const std::pair<int, std::string_view> cases[] = {
      {1, "1/2/2020"},
      {1, "2020-01-02"},
      {1, "01-02-2020"},
      {2, ""},
      {2, "airnow"},
      {3, "60371103"},
      {3, "06-037-1103"},
      {4, ""},
      {5, "-6.7"},
      {5, " 12.5 "},
      {5, "1.25e1"},
      {6, ""},
      {6, "\xc2\xb5g/m\xc2\xb3"},
      {7, ""},
      {7, "."},
      {7, "52.00"},
      {8, ""},
      {9, ""},
      {9, "24.0"},
      {10, ""},
      {10, "104.0"},
      {11, "88502"},
      {11, ""},
      {15, "."},
      {16, ""},
  };
  for (const auto& [column, value] : cases) {
    const Read read = ReadText(fmt::format("{}{}", kHeader, With(column, value)));
    EXPECT_EQ(read.observations.size(), 1U)
        << column << " '" << value << "' "
        << (read.rejected.empty() ? "" : read.rejected[0].detail);
  }
}

TEST(ObservationReader, RejectsMalformedRowsAndGoesOn) {
  const std::string text = fmt::format("{}\"01/01/2020\"x,AQS\n{}1,2,3\n{}{}\n{}\"never closed",
                                       kHeader, kGood, kGood, std::string(10 << 20, 'y'), kGood);
  const Read read = ReadText(text);
  EXPECT_EQ(read.observations.size(), 3U);
  ASSERT_EQ(read.rejected.size(), 4U);
  EXPECT_EQ(read.rejected[0].reason, RejectReason::kMalformedQuotes);
  EXPECT_EQ(read.rejected[0].line, 2U);
  EXPECT_EQ(read.rejected[1].reason, RejectReason::kFieldCount);
  EXPECT_EQ(read.rejected[1].line, 4U);
  EXPECT_EQ(read.rejected[1].text, "1,2,3");
  EXPECT_EQ(read.rejected[2].reason, RejectReason::kRecordTooLong);
  EXPECT_EQ(read.rejected[2].line, 6U);
  EXPECT_LE(read.rejected[2].text.size(), 200U);
  EXPECT_EQ(read.rejected[3].reason, RejectReason::kMalformedQuotes);
  EXPECT_EQ(read.rejected[3].line, 8U);
}

TEST(ObservationReader, CountsBlankRowsAndRowsOfLead) {
  const Read read = ReadText(fmt::format("\n{}{},,,,,,,,,,,,,,,\n\n , \n{}{}", kHeader, kGood,
                                         With(11, "14129"), With(11, "85129")));
  EXPECT_EQ(read.counts.rows, 3U);
  EXPECT_EQ(read.counts.observations, 1U);
  EXPECT_EQ(read.counts.blank_rows, 3U);
  EXPECT_THAT(read.counts.skipped,
              ElementsAre(std::pair<const std::string, std::uint64_t>("lead", 2)));
  EXPECT_THAT(read.rejected, IsEmpty());
}

TEST(ObservationReader, TakesPollutantAndUnitFromTheHeaderWhereRowsDoNotSay) {
  const Read read = ReadText(
      "Date,Site ID,POC,Daily Max 8-hour Ozone Concentration,DAILY_AQI_VALUE\n"
      "01/01/2020,60371103,1,0.041,38\n");
  ASSERT_EQ(read.observations.size(), 1U);
  EXPECT_EQ(read.observations[0].key.parameter, 44201U);
  EXPECT_EQ(read.observations[0].key.statistic, airquality::Statistic::kMax8Hour);
  EXPECT_EQ(read.observations[0].completeness, airquality::kCompletenessUnknown);
}

TEST(ObservationReader, RoundsCompletenessDown) {
  const Read read = ReadText(fmt::format("{}{}{}", kHeader, With(10, "74.9999"), With(10, "75.0")));
  ASSERT_EQ(read.observations.size(), 2U);
  EXPECT_EQ(read.observations[0].completeness, 74);
  EXPECT_EQ(read.observations[1].completeness, 75);
}

TEST(ObservationReader, PassesBothOfTwoValuesForOneMeasurement) {
  const Read read = ReadText(fmt::format("{}{}{}", kHeader, kGood, With(5, "13.0")));
  ASSERT_EQ(read.observations.size(), 2U);
  EXPECT_EQ(read.observations[0].key, read.observations[1].key);
  EXPECT_NE(read.observations[0].value, read.observations[1].value);
}

TEST(ObservationReader, GivesASiteAgainWhenMoreIsKnownOfIt) {
  const Read read = ReadText(fmt::format("{}{}{}{}", kHeader, With(15, "."), kGood, kGood));
  ASSERT_EQ(read.sites.size(), 2U);
  EXPECT_FALSE(read.sites[0].coordinates.has_value());
  EXPECT_TRUE(read.sites[1].coordinates.has_value());
  EXPECT_EQ(read.observations[0].key.start, read.observations[1].key.start);
}

TEST(ObservationReader, ReplacesBytesOfNamesThatAreNotUtf8) {
  const Read read = ReadText(fmt::format("{}{}", kHeader, With(8, "La Ca\xf1\x61\x64\x61")));
  ASSERT_EQ(read.sites.size(), 1U);
  EXPECT_EQ(read.sites[0].name, "La Ca\xef\xbf\xbd\x61\x64\x61");
}

TEST(ObservationReader, TellsFiltersFromContinuousMonitors) {
  using airquality::MonitorKind;
  const Read read = ReadText(fmt::format("{}{}{}{}{}", kHeader, kGood, With(9, "24"),
                                         With(11, "88502"), With(2, "AirNow")));
  ASSERT_EQ(read.observations.size(), 4U);
  EXPECT_EQ(read.observations[0].monitor, MonitorKind::kFilter);
  EXPECT_EQ(read.observations[1].monitor, MonitorKind::kContinuous);
  EXPECT_EQ(read.observations[2].monitor, MonitorKind::kContinuous);
  EXPECT_EQ(read.observations[3].monitor, MonitorKind::kContinuous);
  EXPECT_EQ(read.observations[3].source, airquality::Source::kProvisional);
}

constexpr std::string_view kAirDataHeader =
    "State Code,County Code,Site Num,Parameter Code,POC,Latitude,Longitude,Sample Duration,"
    "Date Local,Units of Measure,Event Type,Observation Count,Observation Percent,"
    "Arithmetic Mean,1st Max Value,AQI\n";

TEST(ObservationReader, TellsTheRowsOfAnAirDataDayApart) {
  const Read read = ReadText(fmt::format(
      "{}{}{}{}{}{}{}", kAirDataHeader,
      "39,13,6,42101,1,39.9,-80.7,1 HOUR,1/1/2020,Parts per million,None,23,96,-0.07,0.4,\n",
      "39,13,6,42101,1,39.9,-80.7,8-HR RUN AVG END HOUR,1/1/2020,Parts per million,None,24,100,"
      "-0.05,0.2,2\n",
      "06,037,1103,44201,1,34,-118,8-HR RUN AVG BEGIN HOUR,2021-07-01,Parts per "
      "million,Included,17,"
      "100,0.05,0.091,164\n",
      "06,037,1103,44201,1,34,-118,8-HR RUN AVG BEGIN HOUR,2021-07-01,Parts per "
      "million,Excluded,17,"
      "100,0.05,0.080,164\n",
      "06,037,1103,88101,1,34,-118,24 HOUR,2021-07-01,Micrograms/cubic meter (LC),None,1,100,12.1,"
      "12.1,51\n",
      "06,037,1103,42401,1,34,-118,3-HR BLK AVG,2021-07-01,Parts per billion,None,8,100,1,2,\n"));
  using airquality::Statistic;
  ASSERT_EQ(read.observations.size(), 5U);
  EXPECT_EQ(read.observations[0].key.site.ToString(), "39-013-0006");
  EXPECT_EQ(read.observations[0].key.statistic, Statistic::kMax1Hour);
  EXPECT_EQ(read.observations[0].value.ToString(), "0.4");
  EXPECT_EQ(read.observations[1].key.statistic, Statistic::kMax8Hour);
  EXPECT_EQ(read.observations[1].value.ToString(), "0.2");
  EXPECT_EQ(read.observations[2].key.event, airquality::EventStatus::kRegular);
  EXPECT_EQ(read.observations[3].key.event, airquality::EventStatus::kExcluded);
  EXPECT_EQ(read.observations[4].key.statistic, Statistic::kMean);
  EXPECT_EQ(read.observations[4].monitor, airquality::MonitorKind::kFilter);
  EXPECT_THAT(read.file_aqi, ElementsAre(-1, 2, 164, 164, 51));
  ASSERT_EQ(read.rejected.size(), 1U);
  EXPECT_EQ(read.rejected[0].reason, RejectReason::kUnknownDuration);
  EXPECT_THAT(read.rejected[0].detail, HasSubstr("3-HR BLK AVG"));
}

TEST(ObservationReader, RejectsAnEventTypeThatItDoesNotKnow) {
  const Read read = ReadText(
      fmt::format("{}06,037,1103,88101,1,34,-118,24 HOUR,2021-07-01,,Perhaps,1,100,12.1,12.1,51\n",
                  kAirDataHeader));
  ASSERT_EQ(read.rejected.size(), 1U);
  EXPECT_EQ(read.rejected[0].reason, RejectReason::kUnknownEventType);
}

TEST(ObservationReader, RefusesAFileWhoseAqiWasInterpolated) {
  std::string text(kHeader);
  for (int i = 0; i < 98; ++i) text += kGood;
  text += With(7, "52.5");
  const Read one_in_a_hundred = ReadText(text + std::string(kGood));
  EXPECT_EQ(one_in_a_hundred.rejected.size(), 1U);
  EXPECT_EQ(one_in_a_hundred.rejected[0].reason, RejectReason::kFractionalAqi);

  const auto refused = TryRead(text + With(7, "51.25"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(refused.error().message(), HasSubstr("2 of 100 AQI values have a fraction"));
}

TEST(ObservationReader, RefusesWhatIsNoSuchTable) {
  EXPECT_THAT(TryRead("").error().message(), HasSubstr("empty"));
  EXPECT_THAT(TryRead("\n\n").error().message(), HasSubstr("empty"));
  EXPECT_THAT(TryRead("id,price\n1,2\n").error().message(), HasSubstr("found 'id,price'"));
  EXPECT_THAT(TryRead("\"a\"b,c\n").error().message(), HasSubstr("not a table"));
  EXPECT_THAT(TryRead(std::string(5 << 20, 'x')).error().message(), HasSubstr("not a table"));
}

TEST(ObservationReader, ReadsAHeaderWithoutRowsAsNoRows) {
  const Read read = ReadText(kHeader);
  EXPECT_EQ(read.counts.rows, 0U);
}

TEST(ObservationReader, GivesTheSameInBatchesOfEverySize) {
  std::string text(kHeader);
  for (int i = 1; i < 29; ++i) {
    text += With(1, fmt::format("2/{}/2020", i));
    if (i % 5 == 0) text += With(5, "x");
  }
  const Read once = *TryRead(text, 1000);
  for (std::size_t rows = 1; rows < 40; ++rows) {
    const Read read = *TryRead(text, rows);
    EXPECT_EQ(read.observations.size(), 28U);
    EXPECT_EQ(read.lines, once.lines);
    EXPECT_EQ(read.counts.rows, 33U);
    EXPECT_EQ(read.rejected.size(), 5U);
  }
}

}  // namespace
}  // namespace geoclimate::ingest
