// Section 3 of the wire contract on a forecaster, over the server's own parser and renderer without
// sockets; tests/contract asks the program with other people's clients.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Pollutant;
using formats::Json;
using ::testing::HasSubstr;

class V2RoutesTest : public testing::Test {
 protected:
  V2RoutesTest() {
    platform_.PromoteForecaster(Pollutant::kPm25, 1);
    platform_.PublishForecaster(Pollutant::kPm25, 1);
    models_ = *service::Models::Start(platform_.registry.get(), {},
                                      {.watch_interval = std::chrono::hours(1)}, platform_.metrics,
                                      platform_.clock);
    RouteTable table;
    AddV2ServiceRoutes("1.2.3", *models_, lifecycle_, table);
    AddV2ModelRoutes(*models_, {.max_batch_rows = 50}, table);
    AddV2StatisticsRoutes(*models_, table);
    AddV2RepositoryRoutes(*models_, table);
    AddV2InferRoutes(*models_, platform_.clock, {.max_batch_rows = 50}, table);
    client_ = std::make_unique<LocalClient>(std::move(table), platform_.clock);
    columns_ = features::FeatureBuilder::Schema(Pollutant::kPm25).size();
  }

  // Rows whose every feature is `value`.
  std::string Body(std::size_t rows, std::string_view value, std::string_view more = "") const {
    std::string data;
    for (std::size_t i = 0; i < rows * columns_; ++i)
      data += (i > 0 ? "," : "") + std::string(value);
    return R"({"inputs":[{"name":"input","datatype":"FP32","shape":[)" + std::to_string(rows) +
           "," + std::to_string(columns_) + R"(],"data":[)" + data + "]}]" + std::string(more) +
           "}";
  }
  LocalAnswer Infer(std::string_view body, const LocalClient::Fields& fields = {},
                    std::string_view target = "/v2/models/pm25_d1/infer") {
    return client_->Post(target, "application/json", body, fields);
  }
  static Json Parse(std::string_view body) {
    auto json = formats::ParseJson(body);
    EXPECT_TRUE(json.ok()) << body;
    return json.ok() ? *std::move(json) : Json();
  }

  service::TestPlatform platform_;
  Lifecycle lifecycle_;
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<LocalClient> client_;
  std::size_t columns_ = 0;
};

TEST_F(V2RoutesTest, ReadinessFollowsThePhase) {
  EXPECT_EQ(client_->Get("/v2/health/live").status, 200);
  EXPECT_EQ(client_->Get("/v2/health/ready").status, 503);
  lifecycle_.set_phase(Phase::kServing);
  EXPECT_EQ(client_->Get("/v2/health/ready").status, 200);
  lifecycle_.set_phase(Phase::kDraining);
  EXPECT_EQ(client_->Get("/v2/health/ready").body, R"({"error":"draining"})");
}

TEST_F(V2RoutesTest, AForecasterGivesItsQuantiles) {
  const Json body = Parse(Infer(Body(2, "7", R"(,"id":"x")")).body);
  EXPECT_EQ(*body.StringAt("id"), "x");
  EXPECT_EQ(*body.StringAt("model_version"), "1");
  const Json::Array& outputs = *body.Find("outputs")->AsArray();
  ASSERT_EQ(outputs.size(), 4U);
  EXPECT_EQ(*outputs[1].StringAt("name"), "p10");
  const auto first = [&](std::size_t output) {
    return outputs[output].Find("data")->AsArray()->at(0).AsDouble();
  };
  EXPECT_LT(first(1), first(2));
  EXPECT_LT(first(2), first(3));
}

TEST_F(V2RoutesTest, OutputsMayBeJsonAndBinaryAtOnce) {
  const LocalAnswer answer = Infer(
      Body(1, "7",
           R"(,"outputs":[{"name":"p50","parameters":{"binary_data":true}},{"name":"output"}])"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  const std::size_t length =
      std::stoul(std::string(answer.header("Inference-Header-Content-Length")));
  ASSERT_EQ(answer.body.size(), length + sizeof(float));
  const Json head = Parse(answer.body.substr(0, length));
  float p50 = 0;
  std::memcpy(&p50, answer.body.data() + length, sizeof p50);
  EXPECT_FLOAT_EQ(p50, 7);
  EXPECT_EQ((*head.Find("outputs")->AsArray())[1].Find("data")->AsArray()->size(), 1U);
}

TEST_F(V2RoutesTest, ARowWithoutAnAnswerAndTooManyRowsAreRefused) {
  const LocalAnswer missing = Infer(Body(1, "null"));
  EXPECT_EQ(missing.status, 400);
  EXPECT_THAT(missing.body, HasSubstr("row 0"));
  EXPECT_THAT(Infer(Body(51, "1")).body, HasSubstr("50 are the most"));
}

TEST_F(V2RoutesTest, VersionsAreChosenByNumber) {
  EXPECT_EQ(Infer(Body(1, "7"), {}, "/v2/models/pm25_d1/versions/2/infer").status, 200);
  EXPECT_EQ(Infer(Body(1, "7"), {}, "/v2/models/pm25_d1/versions/v2/infer").status, 200);
  EXPECT_EQ(Infer(Body(1, "7"), {}, "/v2/models/pm25_d1/versions/3/infer").status, 404);
  EXPECT_EQ(Infer(Body(1, "7"), {}, "/v2/models/pm25_d1/versions/x/infer").status, 400);
  const Json model = Parse(client_->Get("/v2/models/pm25_d1").body);
  EXPECT_EQ(model.Find("versions")->AsArray()->size(), 2U);
}

TEST_F(V2RoutesTest, StatisticsAreOfTheVersion) {
  Infer(Body(3, "7"));
  Infer(Body(1, "null"));
  const Json all = Parse(client_->Get("/v2/models/stats").body);
  EXPECT_EQ(all.Find("model_stats")->AsArray()->size(), 2U);
  const Json one = Parse(client_->Get("/v2/models/pm25_d1/versions/1/stats").body);
  const Json& stats = one.Find("model_stats")->AsArray()->at(0);
  EXPECT_EQ(*stats.IntegerAt("inference_count"), 3);
  EXPECT_EQ(*stats.Find("inference_stats")->Find("fail")->IntegerAt("count"), 1);
  EXPECT_EQ(*stats.Find("inference_stats")->Find("success")->IntegerAt("count"), 1);
}

TEST_F(V2RoutesTest, TheRepositoryIsListed) {
  EXPECT_EQ(Parse(client_->Post("/v2/repository/index", "", "").body).AsArray()->size(), 2U);
  EXPECT_EQ(client_->Post("/v2/repository/index", "application/json", "[]").status, 400);
  EXPECT_EQ(
      Parse(client_->Post("/v2/repository/index", "application/json", R"({"ready":true})").body)
          .AsArray()
          ->size(),
      2U);
}

TEST_F(V2RoutesTest, AModelIsUnloadedAndLoadedByItsName) {
  RouteTable table;
  AddV2RepositoryControlRoutes(*models_, platform_.clock, table);
  for (Route& route : table.routes) {
    route.listener = Listener::kPublic;
    route.scope = Scope::kNone;
  }
  LocalClient management(std::move(table), platform_.clock);
  const auto order = [&](std::string_view what, std::string_view body = "") {
    return management.Post("/v2/repository/models/pm25_d1/" + std::string(what) + "?wait=60",
                           "application/json", body);
  };
  const LocalAnswer unloaded = order("unload", R"({"parameters":{"unload_dependents":false}})");
  ASSERT_EQ(unloaded.status, 200) << unloaded.body;
  EXPECT_GT(*Parse(unloaded.body).IntegerAt("generation"), 0);
  EXPECT_EQ(Infer(Body(1, "1")).status, 503);
  EXPECT_THAT(client_->Post("/v2/repository/index", "application/json", "").body,
              HasSubstr(R"("state":"UNAVAILABLE","reason":"unloaded")"));
  EXPECT_EQ(order("load", R"({"parameters":{"config":"{}"}})").status, 400);
  EXPECT_EQ(order("load", R"({"parameters":{"file:1/model.onnx":"AAAA"}})").status, 400);
  EXPECT_EQ(order("load").status, 200);
  EXPECT_EQ(Infer(Body(1, "1")).status, 200);
  EXPECT_EQ(management.Post("/v2/repository/models/nothing/load", "application/json", "").status,
            404);
}

}  // namespace
}  // namespace geoclimate::server::http::routes
