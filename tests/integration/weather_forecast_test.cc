// Forecasters that read the weather, from training to the forecast table, on measurements.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "apps/geoclimate/training_run.h"
#include "geoclimate/features/feature_builder.h"
#include "geoclimate/features/testing/synthetic_weather.h"
#include "geoclimate/features/weather_columns.h"
#include "geoclimate/forecast/issue_cycle.h"
#include "geoclimate/forecast/issue_rows.h"
#include "geoclimate/forecast/past_rows.h"
#include "geoclimate/forecast/recency.h"
#include "geoclimate/inference/loaded_model.h"
#include "tests/integration/bundled_sample.h"

namespace geoclimate::integration {
namespace {

using airquality::Method;
using airquality::Pollutant;
using features::WeatherColumns;
using features::WeatherHistory;
using features::testing::ChemistryVariables;
using features::testing::MakeWeather;
using features::testing::WeatherRow;
using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

// The day before smoke came to Los Angeles.
const base::LocalDay kToday = base::MakeDay(2020, 9, 9);

// The last second of today in Los Angeles; New York's is earlier.
base::Timestamp EndOfToday() {
  return base::DayStart(kToday, -hours(8)) + WeatherColumns::kEndOfDay;
}

// Of what was measured, as if a model had known it: issued at 20:00 for the three days to come.
const std::vector<WeatherRow>& Rows() {
  static const std::vector<WeatherRow> rows =
      features::testing::PerfectForecasts(BundledSample::History(), Pollutant::kNo2, 3, hours(20));
  return rows;
}

const WeatherHistory& Weather() {
  static const WeatherHistory weather = MakeWeather(ChemistryVariables(), Rows());
  return weather;
}

std::vector<WeatherRow> IssuedByEndOfToday() {
  std::vector<WeatherRow> known = Rows();
  std::erase_if(known, [](const WeatherRow& row) { return row.forecast.issued_at > EndOfToday(); });
  return known;
}

training::TrainedForecaster Train(const WeatherHistory* weather) {
  training::TrainingOptions options;
  options.boost.learning_rate = 0.2;
  options.boost.max_rounds = 20;
  options.members = {model::MemberTarget::kNormalizedResidual};
  app::TrainingProgress progress;
  const std::vector<app::TrainingJob> jobs = {{Pollutant::kNo2, 1}};
  std::vector<app::TrainedJob> trained =
      app::TrainAll(BundledSample::History(), jobs, options, 1, progress, weather);
  EXPECT_TRUE(trained.front().trained.ok()) << trained.front().trained.error().ToString();
  return *std::move(trained.front().trained);
}

const training::TrainedForecaster& TrainedWithWeather() {
  static const training::TrainedForecaster trained = Train(&Weather());
  return trained;
}

std::shared_ptr<const inference::LoadedModel> Load(std::string id, model::Forecaster forecaster) {
  model::ModelDescription description;
  description.model_id = std::move(id);
  auto loaded =
      inference::LoadedModel::FromForecaster(std::move(description), std::move(forecaster));
  EXPECT_TRUE(loaded.ok()) << loaded.error().ToString();
  return *std::move(loaded);
}

forecast::IssueModels Models() {
  forecast::IssueModels models;
  models.At(Pollutant::kNo2, 1) = {.production = Load("model", TrainedWithWeather().model),
                                   .fallback = Load("fallback", TrainedWithWeather().fallback)};
  return models;
}

base::Result<forecast::TableContent> IssueToday(const forecast::IssueModels& models,
                                                const WeatherHistory* weather) {
  forecast::IssueOptions options;
  options.as_of = kToday;
  options.weather = weather;
  return forecast::Issue(BundledSample::History(), models, options);
}

std::string MustIssueToday(const WeatherHistory* weather) {
  const auto content = IssueToday(Models(), weather);
  EXPECT_TRUE(content.ok()) << content.error().ToString();
  return forecast::EncodeForecastTable(*content);
}

std::size_t CountByMethod(const forecast::TableContent& content, Method method) {
  const auto issued = forecast::IssuedForecasts(content);
  return static_cast<std::size_t>(
      std::ranges::count(issued, method, &airquality::IssuedForecast::method));
}

TEST(WeatherForecast, TheSchemaGainsTheColumnsAndTheFallbacksDoesNot) {
  const training::TrainedForecaster& trained = TrainedWithWeather();
  EXPECT_EQ(trained.model.schema.features().back().name, "weather_pm2_5_ug_m3");
  EXPECT_EQ(trained.fallback.schema.fingerprint(),
            features::FeatureBuilder::Schema(Pollutant::kNo2).fingerprint());
  const training::TrainedForecaster plain = Train(nullptr);
  EXPECT_EQ(plain.model.schema.fingerprint(), trained.fallback.schema.fingerprint());
  EXPECT_EQ(model::EncodeForecaster(plain.fallback), model::EncodeForecaster(trained.fallback));
  EXPECT_GT(trained.report.skill, plain.report.skill + 0.3) << "it was told the truth";
}

TEST(WeatherForecast, ARowIsTheSameInTrainingAndWhenItIsServed) {
  const features::SiteHistory& history = BundledSample::History();
  const WeatherColumns of_training(Weather(), history.sites(), WeatherColumns::kEndOfDay);
  const features::FeatureSchema schema = features::SchemaWithWeather(Pollutant::kNo2, &of_training);
  const forecast::PastRows past =
      forecast::FindPastRows(history, Pollutant::kNo2, 1, {.from = kToday, .to = kToday});
  const auto trained = features::RowsWithWeather(
      schema, features::FeatureBuilder(history).Build(Pollutant::kNo2, past.keys, 1), past.keys, 1,
      &of_training);

  // A server has neither measurements nor weather of later.
  const features::SiteHistory known = history.KnownAt(kToday);
  const WeatherHistory issued = MakeWeather(ChemistryVariables(), IssuedByEndOfToday());
  const WeatherColumns of_server(issued, known.sites(), WeatherColumns::kEndOfDay);
  const features::FeatureBuilder builder(known);
  const forecast::IssueKeys keys =
      forecast::FindIssueKeys(known, Pollutant::kNo2, {kToday, kToday}, forecast::kRecent);
  const auto served =
      features::RowsWithWeather(schema, forecast::BuildIssueRows(builder, Pollutant::kNo2, keys, 2),
                                keys.keys, 1, &of_server);
  ASSERT_TRUE(trained && served);
  std::size_t with_weather = 0;
  for (std::size_t row = 0; row < past.keys.size(); ++row) {
    const auto at = std::ranges::find(keys.keys, past.keys[row]);
    ASSERT_NE(at, keys.keys.end());
    const auto of_row = served->Row(static_cast<std::size_t>(at - keys.keys.begin()));
    EXPECT_EQ(std::memcmp(of_row.data(), trained->Row(row).data(), of_row.size_bytes()), 0);
    with_weather += std::isnan(of_row.back()) ? 0 : 1;
  }
  EXPECT_GE(with_weather, 3U);
}

TEST(WeatherForecast, ATableDoesNotDependOnWeatherThatIsIssuedLater) {
  const std::string expected = MustIssueToday(&Weather());
  const WeatherHistory known = MakeWeather(ChemistryVariables(), IssuedByEndOfToday());
  EXPECT_EQ(MustIssueToday(&known), expected);
  const WeatherHistory replaced = MakeWeather(
      ChemistryVariables(), features::testing::ReplaceIssuedAfter(
                                Rows(), EndOfToday(), {.latitude = 34.05, .longitude = -118.24}));
  EXPECT_EQ(MustIssueToday(&replaced), expected);
  // What was issued earlier does count.
  std::vector<WeatherRow> other = Rows();
  for (WeatherRow& row : other) row.values.front() *= 2;
  const WeatherHistory doubled = MakeWeather(ChemistryVariables(), other);
  EXPECT_NE(MustIssueToday(&doubled), expected);
}

TEST(WeatherForecast, WithoutItsWeatherAModelIsLeftOutAndTheFallbackSaysSo) {
  const auto with = IssueToday(Models(), &Weather());
  ASSERT_TRUE(with.ok());
  EXPECT_GT(CountByMethod(*with, Method::kModel), 3U);
  // Nothing that was issued in the last days: the feed has stopped.
  std::vector<WeatherRow> stopped = Rows();
  std::erase_if(stopped, [](const WeatherRow& row) {
    return row.forecast.issued_at > EndOfToday() - hours(24 * 5);
  });
  const WeatherHistory old = MakeWeather(ChemistryVariables(), stopped);
  const WeatherHistory other = MakeWeather({{.name = "dust_ug_m3", .unit = "ug/m3"}}, {});
  const WeatherHistory* const without[] = {nullptr, &old, &other};
  for (const WeatherHistory* const weather : without) {
    const auto content = IssueToday(Models(), weather);
    ASSERT_TRUE(content.ok()) << content.error().ToString();
    EXPECT_EQ(CountByMethod(*content, Method::kModel), 0U);
    EXPECT_GT(CountByMethod(*content, Method::kPersistenceFallback), 3U);
  }
}

TEST(WeatherForecast, WithoutWeatherAndFallbackItIsSaidWhatToDo) {
  forecast::IssueModels models = Models();
  models.At(Pollutant::kNo2, 1).fallback = nullptr;
  const auto content = IssueToday(models, nullptr);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code(), base::ErrorCode::kFailedPrecondition);
  EXPECT_THAT(content.error().message(), HasSubstr("--weather"));
}

}  // namespace
}  // namespace geoclimate::integration
