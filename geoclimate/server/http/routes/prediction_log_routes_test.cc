// What the routes that answer rows leave in the prediction log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Pollutant;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class PredictionLogRoutesTest : public testing::Test {
 protected:
  PredictionLogRoutesTest() : model_id_(platform_.PromoteForecaster(Pollutant::kPm25, 1)) {
    service::ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    models_ = *service::Models::Start(platform_.registry.get(), {}, options, platform_.metrics,
                                      platform_.clock, nullptr, log_.get());
    RouteTable table;
    AddSharedSchemas(table);
    AddPredictRoute(*models_, platform_.clock, table);
    AddPredictBatchRoute(*models_, platform_.clock, {}, table);
    AddV2InferRoutes(*models_, platform_.clock, {}, table);
    drift_ = *service::Drift::Start(*models_, *platform_.stores.prediction_log, platform_.clock,
                                    platform_.metrics, {.every = std::chrono::hours(1)});
    AddModelDriftRoute(*models_, *drift_, table);
    client_ = std::make_unique<LocalClient>(std::move(table), platform_.clock);
  }

  static std::string Row(int value) {
    std::string row = "{";
    for (const auto& feature : features::FeatureBuilder::Schema(Pollutant::kPm25).features()) {
      row += (row.size() > 1 ? ",\"" : "\"") + feature.name + "\":" + std::to_string(value);
    }
    return row + "}";
  }
  int Post(std::string_view path, const std::string& body) {
    return client_->Post(path, "application/json", body, {{"X-Request-Id", "asked-1"}}).status;
  }
  std::vector<store::LoggedPrediction> Logged() {
    log_->Flush();
    std::vector<store::LoggedPrediction> logged;
    const auto read = platform_.stores.prediction_log->Sample(
        model_id_, base::DayOf(platform_.clock.Now(), std::chrono::minutes(0)), 1000,
        [&](const auto& one) { logged.push_back(one); });
    EXPECT_TRUE(read.ok());
    return logged;
  }

  service::TestPlatform platform_;
  const std::unique_ptr<prediction_log::PredictionLog> log_ = *prediction_log::PredictionLog::Start(
      *platform_.stores.prediction_log, nullptr, {.sample = 1}, platform_.clock, platform_.metrics);
  const std::string model_id_;
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<service::Drift> drift_;
  std::unique_ptr<LocalClient> client_;
};

TEST_F(PredictionLogRoutesTest, APredictionIsLoggedWithItsRowItsAnswerAndItsRequest) {
  ASSERT_EQ(Post("/predict", R"({"data":)" + Row(7) + R"(,"return_interval":true})"), 200);
  const auto logged = Logged();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_EQ(logged[0].request_id, "asked-1");
  EXPECT_EQ(logged[0].caller, "");
  EXPECT_EQ(logged[0].route, store::LoggedRoute::kPredict);
  EXPECT_EQ(logged[0].arm, store::LoggedArm::kProduction);
  EXPECT_EQ(logged[0].row.size(), features::FeatureBuilder::Schema(Pollutant::kPm25).size());
  EXPECT_THAT(logged[0].row, Each(7));
  EXPECT_THAT(logged[0].outputs, ElementsAre(7));
  EXPECT_EQ(logged[0].p10, 3);
  EXPECT_EQ(logged[0].p90, 11);
}

TEST_F(PredictionLogRoutesTest, WithoutAnIntervalNoneIsLogged) {
  ASSERT_EQ(Post("/predict", R"({"data":)" + Row(7) + "}"), 200);
  const auto logged = Logged();
  ASSERT_EQ(logged.size(), 1U);
  EXPECT_TRUE(std::isnan(logged[0].p10) && std::isnan(logged[0].p90));
}

TEST_F(PredictionLogRoutesTest, EachRowOfABatchIsLoggedWithItsOwnAnswer) {
  ASSERT_EQ(Post("/predict/batch", R"({"data":[)" + Row(1) + "," + Row(2) + "," + Row(3) +
                                       R"(],"return_interval":true})"),
            200);
  const auto logged = Logged();
  std::vector<float> outputs;
  for (const store::LoggedPrediction& one : logged) {
    outputs.push_back(one.outputs.at(0));
    EXPECT_THAT(one.row, Each(one.outputs.at(0)));
    EXPECT_EQ(one.p10, one.outputs.at(0) - 4);
    EXPECT_EQ(one.route, store::LoggedRoute::kBatch);
    EXPECT_EQ(one.request_id, "asked-1");
  }
  EXPECT_THAT(outputs, UnorderedElementsAre(1, 2, 3));
}

TEST_F(PredictionLogRoutesTest, TensorsOfRowsAreLoggedAsRows) {
  const std::size_t columns = features::FeatureBuilder::Schema(Pollutant::kPm25).size();
  std::string data;
  for (std::size_t i = 0; i < 2 * columns; ++i) {
    data += std::string(i > 0 ? "," : "") + (i < columns ? "5" : "6");
  }
  ASSERT_EQ(
      Post("/v2/models/pm25_d1/infer",
           R"({"inputs":[{"name":"input","datatype":"FP32","shape":[2,)" + std::to_string(columns) +
               R"(],"data":[)" + data + R"(]}],)" + R"("outputs":[{"name":"output"}]})"),
      200);
  const auto logged = Logged();
  std::vector<float> outputs;
  for (const store::LoggedPrediction& one : logged) {
    outputs.push_back(one.outputs.at(0));
    EXPECT_THAT(one.row, Each(one.outputs.at(0)));
    EXPECT_TRUE(std::isnan(one.p10));
    EXPECT_EQ(one.route, store::LoggedRoute::kV2);
  }
  EXPECT_THAT(outputs, UnorderedElementsAre(5, 6));
}

TEST_F(PredictionLogRoutesTest, WhatWasRefusedIsNotLogged) {
  EXPECT_EQ(Post("/predict", R"({"data":{"nonsense":1}})"), 422);
  EXPECT_EQ(Post("/predict/batch", R"({"data":[]})"), 200);
  EXPECT_TRUE(Logged().empty());
}

TEST_F(PredictionLogRoutesTest, DriftIsToldOfEveryVersionThatIsServed) {
  ASSERT_TRUE(drift_->Refresh().ok());
  const LocalAnswer answer = client_->Get("/models/" + model_id_ + "/drift");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("model_id":")" + model_id_ + R"(")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("state":"no_training_sample","rows":0,"prediction":null,)"
                                     R"("features":[])"));
  EXPECT_EQ(client_->Get("/models/pm25_d1_v9_20240131_120000/drift").status, 404);
}

}  // namespace
}  // namespace geoclimate::server::http::routes
