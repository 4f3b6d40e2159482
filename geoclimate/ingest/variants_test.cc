// The real files of data/epa: every header variant, with the counts that were established for them
// independently.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "geoclimate/formats/compression.h"
#include "geoclimate/ingest/observation_reader.h"

namespace geoclimate::ingest {
namespace {

using ::testing::HasSubstr;

struct FileContent {
  RowCounts counts;
  std::map<airquality::ParameterCode, std::uint64_t> parameters;
  std::map<airquality::Statistic, std::uint64_t> statistics;
  std::map<airquality::SiteId, airquality::Site> sites;
  std::uint64_t provisional = 0;
  std::uint64_t with_aqi = 0;
  double lowest = 1e9;
  double highest = -1e9;
};

base::Result<FileContent> TryRead(const std::string& name) {
  const auto path =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "data/epa/variants" / (name + ".csv.gz");
  GC_ASSIGN_OR_RETURN(const std::vector<SourceDescription> sources, BuiltInSources());
  GC_ASSIGN_OR_RETURN(const auto bytes, formats::OpenPlainOrGzip(path));
  GC_ASSIGN_OR_RETURN(const auto reader,
                      ObservationReader::Open(*bytes, sources, {.file_aqi = FileAqi::kKeep}));
  FileContent content;
  while (true) {
    GC_ASSIGN_OR_RETURN(const std::optional<ObservationBatch> batch, reader->Next());
    if (!batch) break;
    for (const airquality::Site& site : batch->sites) content.sites[site.id] = site;
    for (const airquality::Observation& observation : batch->observations) {
      ++content.parameters[observation.key.parameter];
      ++content.statistics[observation.key.statistic];
      if (observation.source == airquality::Source::kProvisional) ++content.provisional;
      content.lowest = std::min(content.lowest, observation.value.value());
      content.highest = std::max(content.highest, observation.value.value());
    }
    for (const std::int32_t aqi : batch->file_aqi) content.with_aqi += aqi >= 0 ? 1 : 0;
  }
  content.counts = reader->counts();
  return content;
}

FileContent ReadVariant(const std::string& name) {
  auto content = TryRead(name);
  EXPECT_TRUE(content.ok()) << name << ": " << (content.ok() ? "" : content.error().ToString());
  return content.ok() ? *std::move(content) : FileContent();
}

TEST(Variants, AreReadRowForRow) {
  const struct {
    std::string name;
    std::uint64_t rows;
    std::size_t sites;
    airquality::ParameterCode parameter;
  } cases[] = {
      {"epa_daily_il-cook_co_2015", 146, 1, 42101},
      {"epa_daily_il-cook_co_1983", 1690, 6, 42101},
      {"epa_daily_hi-oahu_o3_1988", 347, 1, 44201},
      {"epa_daily_il-cook_pm25_1999", 565, 10, 88101},
      {"epa_daily_il-cook_pm10_1988", 645, 9, 81102},
      {"epa_daily_nyc-queens-college_o3_2001-2023", 7446, 1, 44201},
      {"epa_daily_ca_pm10_2019-jan-oct", 17035, 125, 81102},
      {"epa_daily_ny-manhattan-site_co_2018", 365, 1, 42101},
      {"epa_daily_ny-bronx-site_no2_2018", 333, 1, 42602},
      {"airdata_daily_42101_2020_ohio", 5261, 9, 42101},
      {"trimmed10_losangeles_so2_2020", 694, 2, 42401},
      {"trimmed10_losangeles_pm10_2020", 1387, 10, 81102},
      {"renamed-cols_south-central_no2_2022-08-01", 67, 67, 42602},
      {"renamed-cols_south-central_o3_2022-08-01", 136, 136, 44201},
  };
  for (const auto& [name, rows, sites, parameter] : cases) {
    const FileContent content = ReadVariant(name);
    EXPECT_EQ(content.counts.rows, rows) << name;
    EXPECT_EQ(content.counts.observations, rows) << name;
    EXPECT_EQ(content.counts.rejected, 0U) << name;
    EXPECT_EQ(content.counts.blank_rows, 0U) << name;
    EXPECT_EQ(content.sites.size(), sites) << name;
    EXPECT_EQ(content.parameters,
              (std::map<airquality::ParameterCode, std::uint64_t>{{parameter, rows}}))
        << name;
  }
}

TEST(Variants, OfPm25HoldBothParameters) {
  for (const auto& [name, rows] :
       {std::pair<std::string, std::uint64_t>("r-export_ut-slc-hawthorne_pm25_2010-2020", 9874),
        {"epa_daily_ca-orange_pm25_2015", 830},
        {"epa_daily_us-wv_pm25_2020-jan-may", 123}}) {
    const FileContent content = ReadVariant(name);
    EXPECT_EQ(content.counts.observations, rows) << name;
    EXPECT_EQ(content.counts.rejected, 0U) << name;
    for (const auto& [parameter, count] : content.parameters) {
      EXPECT_TRUE(parameter == 88101 || parameter == 88502) << name;
      EXPECT_GT(count, 0U);
    }
  }
}

TEST(Variants, KeepWhatOnlyTheyHave) {
  EXPECT_EQ(ReadVariant("r-export_ut-slc-hawthorne_pm25_2010-2020").provisional, 81U);
  EXPECT_EQ(ReadVariant("epa_daily_nyc-queens-college_o3_2001-2023").provisional, 105U);

  const FileContent pm10 = ReadVariant("epa_daily_ca_pm10_2019-jan-oct");
  EXPECT_EQ(pm10.lowest, -48);
  EXPECT_GT(pm10.highest, 3000);

  const FileContent renamed = ReadVariant("renamed-cols_south-central_no2_2022-08-01");
  const auto site = renamed.sites.find(airquality::SiteId::FromParts(48, 27, 1047));
  ASSERT_NE(site, renamed.sites.end());
  EXPECT_EQ(site->second.coordinates, (airquality::Coordinates{31.088002, -97.679734}));
}

TEST(Variants, HaveSitesWithoutCoordinates) {
  const FileContent content = ReadVariant("epa_daily_il-cook_co_1983");
  const auto without = std::count_if(content.sites.begin(), content.sites.end(), [](const auto& s) {
    return !s.second.coordinates.has_value();
  });
  EXPECT_EQ(without, 5);
}

TEST(Variants, OfAirDataHoldHourlyAndEightHourRows) {
  const FileContent content = ReadVariant("airdata_daily_42101_2020_ohio");
  EXPECT_EQ(content.statistics.at(airquality::Statistic::kMax1Hour), 2629U);
  EXPECT_EQ(content.statistics.at(airquality::Statistic::kMax8Hour), 2632U);
  EXPECT_EQ(content.with_aqi, 2632U);
}

TEST(Variants, WithoutASiteIdAreRefusedWithTheReason) {
  const auto content = TryRead("no-site-id_ny_pm25_2022");
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message(), HasSubstr("site_id is missing"));
}

TEST(Variants, WithInterpolatedRowsAreRefusedWithTheReason) {
  const auto content = TryRead("gap-filled_losangeles-compton_pm25_2009");
  ASSERT_FALSE(content.ok());
  EXPECT_THAT(content.error().message(), HasSubstr("173 of 364 AQI values have a fraction"));
  EXPECT_THAT(content.error().message(), HasSubstr("4725 rows are blank"));
}

TEST(Variants, OfLeadAreSkippedAndCounted) {
  const FileContent content = ReadVariant("epa_daily_il-cook_pb_2010");
  EXPECT_EQ(content.counts.rows, 523U);
  EXPECT_EQ(content.counts.observations, 0U);
  EXPECT_EQ(content.counts.skipped.at("lead"), 523U);
}

}  // namespace
}  // namespace geoclimate::ingest
