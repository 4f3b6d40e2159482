#include "geoclimate/service/weather_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "geoclimate/formats/compression.h"

namespace geoclimate::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kHeader = "latitude,longitude,issued_at,valid_date,";

class WeatherFilesTest : public testing::Test {
 protected:
  WeatherFilesTest() {
    std::string path = (std::filesystem::temp_directory_path() / "weather-XXXXXX").string();
    GC_CHECK(::mkdtemp(path.data()) != nullptr, "a test needs a folder");
    folder_ = path;
  }
  ~WeatherFilesTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  void Write(const std::string& name, std::string_view columns, std::string_view rows) {
    std::ofstream(folder_ / name, std::ios::binary) << kHeader << columns << '\n' << rows;
  }
  base::Result<std::unique_ptr<WeatherFiles>> Open() {
    return WeatherFiles::Open({folder_}, *ingest::BuiltInWeatherTable(),
                              [this](std::string_view file, const ingest::RejectedRow& row) {
                                rejects_.push_back(std::filesystem::path(file).filename().string() +
                                                   ":" + std::to_string(row.line));
                              });
  }
  static float Value(const WeatherFiles& weather, std::size_t variable) {
    return weather.history()->Newest(0, variable, base::MakeDay(2020, 9, 10),
                                     base::Timestamp::max());
  }

  std::filesystem::path folder_;
  std::vector<std::string> rejects_;
};

TEST_F(WeatherFilesTest, FilesOfDifferentVariablesAreOneHistory) {
  Write("chemistry.csv", "pm2_5_ug_m3", "34,-118,2020-09-09,2020-09-10,48\n");
  Write("weather.csv", "temperature_2m_max_c,model",
        "34,-118,2020-09-09,2020-09-10,31,gfs\n34,-118,2020-09-09,2020-09-11,x,gfs\n");
  const auto weather = Open();
  ASSERT_TRUE(weather.ok()) << weather.error().ToString();
  const auto& variables = (*weather)->history()->variables();
  ASSERT_EQ(variables.size(), 2U);
  EXPECT_EQ(variables[0].name, "pm2_5_ug_m3");
  EXPECT_EQ(Value(**weather, 0), 48);
  EXPECT_EQ(Value(**weather, 1), 31);
  EXPECT_EQ((*weather)->report().files, 2U);
  EXPECT_EQ((*weather)->report().counts.rows, 3U);
  EXPECT_THAT((*weather)->report().unknown_columns, ElementsAre("model"));
  EXPECT_THAT(rejects_, ElementsAre("weather.csv:3"));
}

TEST_F(WeatherFilesTest, AFileThatIsNoWeatherIsNamed) {
  Write("chemistry.csv", "pm2_5_ug_m3", "");
  std::ofstream(folder_ / "measurements.csv") << "Date,Site ID,Daily Mean PM2.5 Concentration\n";
  const auto weather = Open();
  ASSERT_FALSE(weather.ok());
  EXPECT_THAT(weather.error().ToString(), HasSubstr("measurements.csv"));
}

TEST_F(WeatherFilesTest, ChangedFilesAreReadAgain) {
  Write("a.csv", "pm2_5_ug_m3", "34,-118,2020-09-09,2020-09-10,48\n");
  const auto weather = Open();
  ASSERT_TRUE(weather.ok()) << weather.error().ToString();
  const auto before = (*weather)->history();
  const std::uint64_t generation = (*weather)->generation();
  ASSERT_TRUE((*weather)->Refresh().ok());
  EXPECT_EQ((*weather)->history(), before);
  EXPECT_EQ((*weather)->generation(), generation);

  Write("b.csv", "pm2_5_ug_m3", "34,-118,2020-09-10T06:00Z,2020-09-10,50\n");
  ASSERT_TRUE((*weather)->Refresh().ok());
  EXPECT_NE((*weather)->generation(), generation);
  EXPECT_EQ(Value(**weather, 0), 50);
  EXPECT_EQ(before->Newest(0, 0, base::MakeDay(2020, 9, 10), base::Timestamp::max()), 48);
}

// A file that is being written: what was read before stays, and the next look takes it whole.
TEST_F(WeatherFilesTest, ADamagedFileChangesNothing) {
  Write("a.csv", "pm2_5_ug_m3", "34,-118,2020-09-09,2020-09-10,48\n");
  const auto weather = Open();
  ASSERT_TRUE(weather.ok()) << weather.error().ToString();
  const std::uint64_t generation = (*weather)->generation();
  const std::string gzip = formats::DeflateGzip(std::string(kHeader) +
                                                "pm2_5_ug_m3\n34,-118,2020-09-10T06:00Z,"
                                                "2020-09-10,50\n");
  std::ofstream(folder_ / "b.csv.gz", std::ios::binary) << gzip.substr(0, gzip.size() - 9);
  const auto refreshed = (*weather)->Refresh();
  ASSERT_FALSE(refreshed.ok());
  EXPECT_THAT(refreshed.error().ToString(), HasSubstr("b.csv.gz"));
  EXPECT_EQ((*weather)->generation(), generation);
  EXPECT_EQ(Value(**weather, 0), 48);
  std::ofstream(folder_ / "b.csv.gz", std::ios::binary) << gzip;
  ASSERT_TRUE((*weather)->Refresh().ok());
  EXPECT_EQ(Value(**weather, 0), 50);
}

}  // namespace
}  // namespace geoclimate::service
