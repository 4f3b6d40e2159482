#include "geoclimate/forecast/source_census.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/store/sqlite/sqlite_store.h"

namespace geoclimate::forecast {
namespace {

using airquality::MonitorKind;
using airquality::Pollutant;
using airquality::Source;
using base::MakeDay;

class SourceCensusTest : public testing::Test {
 protected:
  SourceCensusTest() {
    std::string name = (std::filesystem::temp_directory_path() / "census-XXXXXX").string();
    GC_CHECK(::mkdtemp(name.data()) != nullptr, "a test needs a folder");
    folder_ = name;
    store_ = *store::OpenSqliteStore(folder_ / "db", {}, clock_);
  }
  ~SourceCensusTest() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Add(std::uint32_t number, airquality::ParameterCode parameter, base::LocalDay day,
           Source source, MonitorKind monitor, double value = 8) {
    airquality::Site site;
    site.id = airquality::SiteId::FromParts(36, 1, number);
    site.utc_offset = std::chrono::hours(-5);
    airquality::Observation observation;
    observation.key = {
        .site = site.id,
        .parameter = parameter,
        .poc = 1,
        .start = base::DayStart(day, site.utc_offset),
        .statistic = airquality::DailyStatistic(*airquality::PollutantOf(parameter))};
    observation.value = airquality::Concentration::FromDouble(value);
    observation.source = source;
    observation.monitor = monitor;
    const auto writer = *store_->BeginWrite("file.csv");
    ASSERT_TRUE(writer->PutSites({&site, 1}).ok());
    ASSERT_TRUE(writer->Append({&observation, 1}, {}).ok());
    ASSERT_TRUE(writer->Commit().ok());
  }
  std::vector<model::CardSource> Of(Pollutant pollutant, base::LocalDay as_of) {
    const auto census = CountSources(*store_, as_of);
    EXPECT_TRUE(census.ok()) << census.error().ToString();
    return (*census)[static_cast<std::size_t>(airquality::Index(pollutant))];
  }

  std::filesystem::path folder_;
  base::SystemClock clock_;
  std::unique_ptr<store::ObservationStore> store_;
};

TEST_F(SourceCensusTest, CountsMeasurementsAndSitesByKind) {
  for (const std::uint32_t site : {1U, 2U}) {
    Add(site, 88101, MakeDay(2020, 5, 1), Source::kFinal, MonitorKind::kFilter);
    Add(site, 88101, MakeDay(2020, 5, 4), Source::kFinal, MonitorKind::kFilter);
  }
  Add(1, 88101, MakeDay(2020, 5, 1), Source::kProvisional, MonitorKind::kContinuous, 7);
  Add(3, 88502, MakeDay(2020, 4, 30), Source::kFinal, MonitorKind::kContinuous);
  Add(3, 44201, MakeDay(2020, 4, 30), Source::kFinal, MonitorKind::kContinuous, 0.04);

  const auto pm25 = Of(Pollutant::kPm25, MakeDay(2020, 12, 31));
  ASSERT_EQ(pm25.size(), 3U);
  EXPECT_EQ(pm25[0].parameter, 88101U);
  EXPECT_EQ(pm25[0].source, "final");
  EXPECT_EQ(pm25[0].monitor, "filter");
  EXPECT_EQ(pm25[0].measurements, 4U);
  EXPECT_EQ(pm25[0].sites, 2U);
  EXPECT_EQ(pm25[0].first_day, MakeDay(2020, 5, 1));
  EXPECT_EQ(pm25[0].last_day, MakeDay(2020, 5, 4));
  EXPECT_EQ(pm25[1].source, "provisional");
  EXPECT_EQ(pm25[1].monitor, "continuous");
  EXPECT_EQ(pm25[1].measurements, 1U);
  EXPECT_EQ(pm25[2].parameter, 88502U);
  EXPECT_EQ(Of(Pollutant::kO3, MakeDay(2020, 12, 31)).size(), 1U);
  EXPECT_TRUE(Of(Pollutant::kCo, MakeDay(2020, 12, 31)).empty());
}

TEST_F(SourceCensusTest, EndsWithTheDayThatIsAskedFor) {
  Add(1, 42602, MakeDay(2020, 5, 1), Source::kFinal, MonitorKind::kContinuous);
  Add(1, 42602, MakeDay(2020, 5, 2), Source::kFinal, MonitorKind::kContinuous);
  EXPECT_EQ(Of(Pollutant::kNo2, MakeDay(2020, 5, 1)).front().last_day, MakeDay(2020, 5, 1));
  EXPECT_TRUE(Of(Pollutant::kNo2, MakeDay(2020, 4, 30)).empty());
}

TEST_F(SourceCensusTest, BeginsWithTheDaysThatTrainingReads) {
  Add(1, 42602, MakeDay(1999, 12, 31), Source::kFinal, MonitorKind::kContinuous);
  Add(1, 42602, MakeDay(2000, 1, 1), Source::kFinal, MonitorKind::kContinuous);
  EXPECT_EQ(Of(Pollutant::kNo2, MakeDay(2020, 1, 1)).front().measurements, 1U);
}

}  // namespace
}  // namespace geoclimate::forecast
