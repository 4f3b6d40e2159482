#include "geoclimate/service/drift.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/model/training_sample.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using State = ModelDrift::State;

class DriftTest : public testing::Test {
 protected:
  // Every feature had the values 0 to 99 in equal numbers in every month, and so had the
  // predictions; the first feature is not compared.
  static model::Forecaster WithSample() {
    model::Forecaster forecaster = ExampleForecaster(airquality::Pollutant::kPm25, 1);
    std::vector<float> values;
    std::vector<std::uint8_t> months;
    for (int i = 0; i < 12'000; ++i) {
      values.push_back(static_cast<float>(i % 100));
      months.push_back(static_cast<std::uint8_t>(i / 1000));
    }
    const model::SampleColumn column = model::MakeSampleColumn(values, months);
    forecaster.training_sample.features.assign(forecaster.schema.size(), column);
    forecaster.training_sample.features.front() = {};
    forecaster.training_sample.prediction = column;
    return forecaster;
  }

  void Promote(const std::string& id) {
    ASSERT_TRUE(
        platform_.registry
            ->Promote(id, {.stage = model::Stage::kProduction, .expected = {}}, {"test", ""})
            .ok());
    if (models_ == nullptr) return;
    ASSERT_TRUE(models_->Refresh().ok());
  }
  void Start() {
    models_ =
        *Models::Start(platform_.registry.get(), {}, {.watch_interval = std::chrono::hours(1)},
                       platform_.metrics, platform_.clock);
    drift_ = *Drift::Start(*models_, *platform_.stores.prediction_log, platform_.clock,
                           platform_.metrics, {.every = std::chrono::hours(1)});
  }
  // Rows of `days_ago` whose features and prediction run from `first` over 100 values.
  void Log(const std::string& model_id, int count, float first, int days_ago = 0) {
    store::PredictionBatch batch;
    batch.id = fmt::format("{:032x}", ++batches_);
    const std::size_t width = features::FeatureBuilder::Schema(airquality::Pollutant::kPm25).size();
    for (int i = 0; i < count; ++i) {
      const float value = first + static_cast<float>(i % 100);
      store::LoggedPrediction one;
      one.at = platform_.clock.Now() - std::chrono::days(days_ago);
      one.model_id = model_id;
      one.row.assign(width, value);
      one.outputs = {value};
      batch.predictions.push_back(std::move(one));
    }
    ASSERT_TRUE(platform_.stores.prediction_log->Insert(batch).ok());
  }
  ModelDrift Measured(const std::string& model_id) {
    const auto refreshed = drift_->Refresh();
    EXPECT_TRUE(refreshed.ok()) << refreshed.error().ToString();
    const auto report = drift_->Latest();
    EXPECT_TRUE(report.ok());
    const ModelDrift* const found = (*report)->Find(model_id);
    EXPECT_NE(found, nullptr);
    return found == nullptr ? ModelDrift{} : *found;
  }
  std::string Metrics() const {
    std::string text;
    platform_.metrics.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }

  TestPlatform platform_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<Drift> drift_;
  int batches_ = 0;
};

TEST_F(DriftTest, RowsLikeThoseOfTheTrainingAreNoDriftAndOthersAre) {
  const std::string id =
      platform_.Publish(WithSample(), airquality::Basis::kSite, 0.1, std::nullopt);
  Promote(id);
  Start();
  Log(id, 600, 0);
  ModelDrift drift = Measured(id);
  EXPECT_EQ(drift.state, State::kMeasured);
  EXPECT_EQ(drift.rows, 600U);
  ASSERT_TRUE(drift.features.at(1).psi && drift.prediction);
  EXPECT_LT(*drift.features[1].psi, 0.01);
  EXPECT_LT(*drift.prediction, 0.01);
  EXPECT_FALSE(drift.features[0].psi) << "it is not compared";
  Log(id, 600, 60, 3);
  drift = Measured(id);
  EXPECT_EQ(drift.rows, 1200U);
  EXPECT_GT(*drift.features[1].psi, 0.25);
  EXPECT_GT(*drift.prediction, 0.25);
  EXPECT_THAT(Metrics(),
              HasSubstr("feature_drift_psi{model=\"pm25_d1\",feature=\"prediction\"} 0."));
}

TEST_F(DriftTest, AModelWithoutATrainingSampleSaysSoAndHasNoFigure) {
  const std::string id = platform_.PromoteForecaster(airquality::Pollutant::kPm25, 1);
  Start();
  Log(id, 600, 0);
  EXPECT_EQ(Measured(id).state, State::kNoTrainingSample);
  EXPECT_TRUE(Measured(id).features.empty());
  EXPECT_THAT(Metrics(), Not(HasSubstr("feature_drift_psi{")));
}

TEST_F(DriftTest, FewRowsAndRowsBeforeTheWindowSayNothing) {
  const std::string id =
      platform_.Publish(WithSample(), airquality::Basis::kSite, 0.1, std::nullopt);
  Promote(id);
  Start();
  Log(id, 199, 0);
  Log(id, 600, 0, 7);
  const ModelDrift drift = Measured(id);
  EXPECT_EQ(drift.state, State::kTooFewRows);
  EXPECT_EQ(drift.rows, 199U);
  Log(id, 1, 0, 6);
  EXPECT_EQ(Measured(id).state, State::kMeasured);
}

TEST_F(DriftTest, TheMetricIsOfTheVersionInProductionAndGoesWithIt) {
  const std::string first =
      platform_.Publish(WithSample(), airquality::Basis::kSite, 0.1, std::nullopt);
  Promote(first);
  Start();
  Log(first, 600, 60);
  Measured(first);
  EXPECT_THAT(Metrics(), HasSubstr("feature_drift_psi{model=\"pm25_d1\""));
  const std::string second =
      platform_.Publish(WithSample(), airquality::Basis::kSite, 0.1, std::nullopt);
  Promote(second);
  EXPECT_EQ(Measured(second).state, State::kTooFewRows);
  EXPECT_EQ(Measured(first).state, State::kMeasured);
  EXPECT_THAT(Metrics(), Not(HasSubstr("feature_drift_psi{")));
}

TEST(DriftOptions, SayWhatIsWrong) {
  EXPECT_TRUE(DriftOptions().Validate().ok());
  EXPECT_FALSE(DriftOptions{.window_days = 0}.Validate().ok());
  EXPECT_FALSE(DriftOptions{.rows_a_day = 0}.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::service
