#include "geoclimate/backtest/forecast_file.h"

#include <gtest/gtest.h>

#include <limits>

#include "geoclimate/backtest/testing/small_backtest.h"

namespace geoclimate::backtest {
namespace {

using testing::ReadFile;
using testing::TestFolder;

forecast::PollutantForecast MakeForecast() {
  forecast::PollutantForecast forecast;
  forecast.pollutant = airquality::Pollutant::kPm25;
  forecast.method = airquality::Method::kModel;
  forecast.concentration.mean = 12.25F;
  forecast.concentration.quantiles.fill(0.1F);
  forecast.concentration.quantiles[model::kP50] = 11.5F;
  forecast.concentration.quantiles[model::kP90] = 20.125F;
  forecast.probability_over_100 = 0.0625F;
  forecast.aqi = 55;
  return forecast;
}

GivenForecast Given(const forecast::PollutantForecast& forecast, float observed) {
  return {.site = airquality::SiteId::FromParts(6, 37, 1103),
          .issue_day = base::MakeDay(2019, 12, 31),
          .horizon_days = 2,
          .model_id = "pm25_d2_v3_20191201_000000",
          .forecast = forecast,
          .observed = observed};
}

TEST(ForecastFile, WritesOneRowAForecastWithTheColumnsOfTheContract) {
  const TestFolder folder;
  const auto path = folder / "forecasts.csv";
  auto file = ForecastFile::Create(path);
  ASSERT_TRUE(file.ok());
  const forecast::PollutantForecast forecast = MakeForecast();
  (*file)->Write(Given(forecast, 13.7F));
  (*file)->Write(Given(forecast, std::numeric_limits<float>::quiet_NaN()));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE((*file)->Finish().ok());
  EXPECT_EQ((*file)->rows(), 2U);
  EXPECT_EQ(ReadFile(path),
            "pollutant,site_id,issued_date,horizon_days,valid_date,method,mean,p10,p50,p90,"
            "p_aqi_over_100,aqi,observed,model_id\n"
            "PM2.5,06-037-1103,2019-12-31,2,2020-01-02,model,12.25,0.1,11.5,20.125,0.0625,55,13.7,"
            "pm25_d2_v3_20191201_000000\n"
            "PM2.5,06-037-1103,2019-12-31,2,2020-01-02,model,12.25,0.1,11.5,20.125,0.0625,55,,"
            "pm25_d2_v3_20191201_000000\n");
}

TEST(ForecastFile, WithoutFinishNothingRemains) {
  const TestFolder folder;
  {
    auto file = ForecastFile::Create(folder / "forecasts.csv");
    ASSERT_TRUE(file.ok());
    const forecast::PollutantForecast forecast = MakeForecast();
    (*file)->Write(Given(forecast, 1));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "forecasts.csv"));
  EXPECT_FALSE(std::filesystem::exists(folder / "forecasts.csv.unfinished"));
}

TEST(ForecastFile, APlaceThatCannotBeWrittenIsAnErrorThatNamesIt) {
  const TestFolder folder;
  const auto file = ForecastFile::Create(folder / "no" / "such" / "folder.csv");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().message().find("folder.csv"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::backtest
