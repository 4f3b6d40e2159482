#include "geoclimate/server/grpc/inference_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <string>
#include <vector>

#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::grpc {
namespace {

using ::inference::ModelInferRequest;
using ::inference::ModelInferResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string RawFloats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

class InferenceCallTest : public testing::Test {
 protected:
  InferenceCallTest() {
    platform_.PromoteForecaster(airquality::Pollutant::kPm25, 1);
    models_ = *service::Models::Start(platform_.registry.get(), {},
                                      {.watch_interval = std::chrono::hours(1)}, platform_.metrics,
                                      platform_.clock, nullptr, log_.get());
    columns_ = features::FeatureBuilder::Schema(airquality::Pollutant::kPm25).size();
  }

  ModelInferRequest Rows(std::size_t rows) const {
    ModelInferRequest request;
    request.set_model_name("pm25_d1");
    request.set_id("7");
    auto& input = *request.add_inputs();
    input.set_name("input");
    input.set_datatype("FP32");
    input.add_shape(static_cast<std::int64_t>(rows));
    input.add_shape(static_cast<std::int64_t>(columns_));
    request.add_raw_input_contents(RawFloats(std::vector<float>(rows * columns_, 7)));
    return request;
  }
  base::Result<void> Answer(
      const ModelInferRequest& request, ModelInferResponse& response,
      const StillWanted& still_wanted = [] { return base::Result<void>(); }) {
    const InferenceSurroundings surroundings{*models_, platform_.clock, 1000};
    const auto answered = AnswerInference(surroundings, still_wanted, {}, request, response);
    if (!answered.ok()) return answered.error();
    EXPECT_EQ(*answered, Answered::kNow);
    return {};
  }

  service::TestPlatform platform_;
  const std::unique_ptr<prediction_log::PredictionLog> log_ = *prediction_log::PredictionLog::Start(
      *platform_.stores.prediction_log, nullptr, {.sample = 1}, platform_.clock, platform_.metrics);
  std::unique_ptr<service::Models> models_;
  std::size_t columns_ = 0;
  std::pmr::monotonic_buffer_resource memory_;
};

TEST_F(InferenceCallTest, RowsAreLoggedWithTheirAnswers) {
  ModelInferRequest request = Rows(3);
  ModelInferResponse response;
  ASSERT_TRUE(Answer(request, response).ok());
  log_->Flush();
  std::vector<store::LoggedPrediction> logged;
  ASSERT_TRUE(platform_.stores.prediction_log
                  ->Sample(models_->Served()->models()[0].description.model_id,
                           base::DayOf(platform_.clock.Now(), std::chrono::minutes(0)), 10,
                           [&](const auto& one) { logged.push_back(one); })
                  .ok());
  ASSERT_EQ(logged.size(), 3U);
  for (const store::LoggedPrediction& one : logged) {
    EXPECT_EQ(one.request_id, "7");
    EXPECT_EQ(one.route, store::LoggedRoute::kGrpc);
    EXPECT_EQ(one.row, std::vector<float>(columns_, 7));
    EXPECT_THAT(one.outputs, ElementsAre(7));
    EXPECT_EQ(one.p10, 3);
    EXPECT_EQ(one.p90, 11);
  }
}

TEST_F(InferenceCallTest, AnswersAreRawContentsInTheOrderOfTheOutputs) {
  ModelInferRequest request = Rows(3);
  request.add_outputs()->set_name("p50");
  request.add_outputs()->set_name("output");
  ModelInferResponse response;
  const auto answered = Answer(request, response);
  ASSERT_TRUE(answered.ok()) << answered.error().ToString();
  EXPECT_EQ(response.id(), "7");
  EXPECT_EQ(response.model_version(), "1");
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "p50");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(3, 1));
  EXPECT_EQ(response.raw_output_contents(0), RawFloats({7, 7, 7}));
}

TEST_F(InferenceCallTest, NobodyWaitingIsNoticedBetweenSlices) {
  int asked = 0;
  ModelInferResponse response;
  const auto answered = Answer(Rows(1000), response, [&]() -> base::Result<void> {
    if (++asked < 3) return {};
    return base::Error(base::ErrorCode::kCancelled, "the caller has gone");
  });
  ASSERT_FALSE(answered.ok());
  EXPECT_EQ(answered.error().code(), base::ErrorCode::kCancelled);
  EXPECT_EQ(asked, 3);
}

TEST_F(InferenceCallTest, FailuresAreCountedToo) {
  ModelInferRequest request = Rows(1);
  ModelInferResponse response;
  ASSERT_TRUE(Answer(request, response).ok());
  request.mutable_inputs(0)->set_shape(0, 2);
  ASSERT_FALSE(Answer(request, response).ok());
  const auto served = models_->Served();
  const auto totals = served->models()[0].metrics.inference->Read();
  EXPECT_EQ(totals.success.count, 1U);
  EXPECT_EQ(totals.failure.count, 1U);
  EXPECT_EQ(totals.inferences, 1U);
}

TEST_F(InferenceCallTest, RawContentsAreOneForEachInput) {
  ModelInferRequest request = Rows(1);
  request.add_raw_input_contents("more");
  ModelInferResponse response;
  const auto answered = Answer(request, response);
  ASSERT_FALSE(answered.ok());
  EXPECT_THAT(answered.error().message(), HasSubstr("2 raw_input_contents came for 1 inputs"));
}

TEST_F(InferenceCallTest, TensorsLieWhereTheMessageHasThem) {
  const ModelInferRequest raw = Rows(1);
  const auto tensor = TensorOf(raw, 0, memory_);
  ASSERT_TRUE(tensor.ok());
  EXPECT_EQ(static_cast<const void*>(tensor->tensor.bytes.data()),
            raw.raw_input_contents(0).data());
  ModelInferRequest typed;
  auto& input = *typed.add_inputs();
  input.set_datatype("INT64");
  input.mutable_contents()->add_int64_contents(-1);
  EXPECT_EQ(static_cast<const void*>(TensorOf(typed, 0, memory_)->tensor.bytes.data()),
            input.contents().int64_contents().data());
}

TEST_F(InferenceCallTest, NarrowIntegersMustFit) {
  ModelInferRequest request;
  auto& input = *request.add_inputs();
  input.set_name("n");
  input.set_datatype("INT8");
  input.mutable_contents()->add_int_contents(-128);
  const auto tensor = TensorOf(request, 0, memory_);
  ASSERT_TRUE(tensor.ok());
  EXPECT_THAT(tensor->tensor.bytes, ElementsAre(std::byte{0x80}));
  input.mutable_contents()->add_int_contents(128);
  EXPECT_THAT(TensorOf(request, 0, memory_).error().message(), HasSubstr("element 1"));
}

TEST_F(InferenceCallTest, WhatIsNotServedSaysSo) {
  ModelInferRequest request = Rows(1);
  (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  ModelInferResponse response;
  EXPECT_EQ(Answer(request, response).error().code(), base::ErrorCode::kUnimplemented);
  request = Rows(1);
  request.mutable_inputs(0)->set_datatype("BYTES");
  EXPECT_EQ(Answer(request, response).error().code(), base::ErrorCode::kInvalidArgument);
  request = Rows(1);
  request.set_model_name("nothing");
  EXPECT_EQ(Answer(request, response).error().code(), base::ErrorCode::kNotFound);
}

}  // namespace
}  // namespace geoclimate::server::grpc
