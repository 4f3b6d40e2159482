#include "apps/geoclimate/weather_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>

#include "geoclimate/base/check.h"

namespace geoclimate::app {
namespace {

using ::testing::HasSubstr;

class WeatherOptionTest : public testing::Test {
 protected:
  WeatherOptionTest() {
    std::string path = (std::filesystem::temp_directory_path() / "weather-XXXXXX").string();
    GC_CHECK(::mkdtemp(path.data()) != nullptr, "a test needs a folder");
    folder_ = path;
  }
  ~WeatherOptionTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string ReadText(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  std::ostringstream notes_;
};

TEST_F(WeatherOptionTest, WithoutFilesThereIsNoWeatherAndNothingToSay) {
  const auto weather = OpenWeather({}, notes_);
  ASSERT_TRUE(weather.ok());
  EXPECT_EQ(*weather, nullptr);
  EXPECT_EQ(notes_.str(), "");
}

TEST_F(WeatherOptionTest, EveryRejectedRowIsInTheFileAndTheFirstAreShown) {
  std::string rows = "latitude,longitude,issued_at,valid_date,pm2_5_ug_m3,mood\n";
  for (int i = 0; i < 8; ++i) rows += "34,-118,2020-09-09,2020-09-10,x,good\n";
  rows += "34,-118,2020-09-09,2020-09-10,12,good\n";
  std::ofstream(folder_ / "a.csv") << rows;
  const auto weather = OpenWeather(
      {.paths = {folder_ / "a.csv"}, .table = {}, .rejects = folder_ / "rejects.csv"}, notes_);
  ASSERT_TRUE(weather.ok()) << weather.error().ToString();
  const std::string notes = notes_.str();
  EXPECT_THAT(notes, HasSubstr("a.csv:6: column 5: bad_value: pm2_5_ug_m3 'x'"));
  EXPECT_EQ(notes.find("a.csv:7:"), std::string::npos);
  EXPECT_THAT(notes, HasSubstr("1 files, 9 rows: 1 forecasts of 1 variables for 1 places, 0 not "
                               "issued before their day, 8 rejected (bad_value 8)"));
  EXPECT_THAT(notes, HasSubstr("not read: mood"));
  const std::string rejects = ReadText("rejects.csv");
  EXPECT_EQ(std::ranges::count(rejects, '\n'), 9);
  EXPECT_THAT(rejects, HasSubstr("a.csv,9,5,bad_value,"));
}

TEST_F(WeatherOptionTest, AFolderOfDeclarationsTakesThePlaceOfTheBuiltInOnes) {
  std::ofstream(folder_ / "mine.yaml")
      << "columns: {site_id: [id], latitude: [lat], longitude: [lon], issued: [from], valid: "
         "[for]}\nvariables: {mood: {unit: \"1\", daily: mean, plausible: [0, 10]}}\n";
  std::ofstream(folder_ / "a.csv") << "lat,lon,from,for,mood\n34,-118,2020-09-09,2020-09-10,7\n";
  const auto weather =
      OpenWeather({.paths = {folder_ / "a.csv"}, .table = folder_, .rejects = {}}, notes_);
  ASSERT_TRUE(weather.ok()) << weather.error().ToString();
  EXPECT_EQ((*weather)->history()->variables().front().name, "mood");
}

}  // namespace
}  // namespace geoclimate::app
