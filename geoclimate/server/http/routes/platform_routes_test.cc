// Section 1 of the wire contract, over the server's own parser and renderer without sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "geoclimate/formats/digest.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Pollutant;
using formats::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json Parse(const LocalAnswer& answer) {
  auto json = formats::ParseJson(answer.body);
  EXPECT_TRUE(json.ok()) << answer.body;
  return json.ok() ? *std::move(json) : Json();
}

std::vector<std::string> Members(const Json& object) {
  std::vector<std::string> names;
  if (object.AsObject() == nullptr) return names;
  for (const auto& [name, value] : *object.AsObject()) names.push_back(name);
  return names;
}

class PlatformRoutesTest : public testing::Test {
 protected:
  PlatformRoutesTest() {
    id_ = platform_.PromoteForecaster(Pollutant::kPm25, 1);
    const auto& features = features::FeatureBuilder::Schema(Pollutant::kPm25).features();
    last_ = std::string(features::FeatureBuilder::LastValueName(Pollutant::kPm25));
    for (const features::Feature& feature : features) {
      if (!feature.missing_allowed && feature.name != last_)
        required_ += ",\"" + feature.name + "\":1";
    }
    service::ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    models_ = *service::Models::Start(platform_.registry.get(), {}, options, platform_.metrics,
                                      platform_.clock);
    health_ = std::make_unique<service::Health>("1.2.3", *models_, nullptr, platform_.clock);
    client_ = std::make_unique<LocalClient>(Table(), platform_.clock);
    // Without the caller's rules of the listener: those are the server's own tests.
  }

  RouteTable Table() {
    RouteTable table;
    AddSharedSchemas(table);
    AddRootRoute("1.2.3", table);
    AddHealthRoutes(*health_, lifecycle_, table);
    AddMetricsRoutes(platform_.metrics, table);
    AddPredictRoute(*models_, platform_.clock, table);
    AddExplainRoute(*models_, table);
    AddPredictBatchRoute(*models_, platform_.clock, {.max_batch_rows = 50}, table);
    AddModelRoutes(*models_, table);
    AddModelCardRoute(*models_, table);
    AddModelHistoryRoute(*models_, table);
    return table;
  }
  // The management routes as if they were public: what they do, not who may call them.
  RouteTable ManagementTable() {
    RouteTable table;
    AddPromoteRoute(*models_, platform_.clock, table);
    AddAliasRoute(*models_, platform_.clock, table);
    AddRollbackRoute(*models_, platform_.clock, table);
    AddTrafficRoutes(*models_, platform_.clock, table);
    AddVersionPolicyRoute(*models_, platform_.clock, table);
    for (Route& route : table.routes) {
      route.listener = Listener::kPublic;
      route.scope = Scope::kNone;
    }
    return table;
  }
  std::string Data(std::string_view last) const {
    return "{\"" + last_ + "\":" + std::string(last) + required_ + "}";
  }
  LocalAnswer Predict(std::string_view body, std::string_view target = "/predict") {
    return client_->Post(target, "application/json", body);
  }

  service::TestPlatform platform_;
  std::string id_;
  std::string last_;
  std::string required_;  // features that must not be missing, as members
  Lifecycle lifecycle_;
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<service::Health> health_;
  std::unique_ptr<LocalClient> client_;
};

TEST_F(PlatformRoutesTest, RootSaysWhatThisIs) {
  const Json body = Parse(client_->Get("/"));
  EXPECT_THAT(Members(body), ElementsAre("message", "version", "docs"));
  EXPECT_EQ(*body.StringAt("version"), "1.2.3");
  EXPECT_EQ(*body.StringAt("docs"), "/docs");
}

TEST_F(PlatformRoutesTest, HealthReportsItsComponents) {
  const Json body = Parse(client_->Get("/health"));
  EXPECT_THAT(Members(body),
              ElementsAre("status", "version", "uptime_seconds", "timestamp", "components"));
  EXPECT_EQ(*body.StringAt("status"), "healthy");
  EXPECT_THAT(Members(*body.Find("components")), ElementsAre("models"));
  EXPECT_THAT(Members(*body.Find("components")->Find("models")), ElementsAre("status", "detail"));
}

TEST_F(PlatformRoutesTest, ReadinessFollowsThePhaseAndTheModels) {
  EXPECT_EQ(client_->Get("/health/live").body, R"({"status":"alive"})");
  EXPECT_EQ(client_->Get("/health/ready").status, 503);
  EXPECT_THAT(client_->Get("/health/ready").body, HasSubstr("starting"));
  lifecycle_.set_phase(Phase::kServing);
  EXPECT_EQ(client_->Get("/health/ready").body, R"({"status":"ready","models_available":1})");
  lifecycle_.set_phase(Phase::kDraining);
  EXPECT_EQ(client_->Get("/health/ready").status, 503);
  EXPECT_THAT(client_->Get("/health/ready").body, HasSubstr("draining"));
}

TEST_F(PlatformRoutesTest, MetricsComeAsPrometheusOrOpenMetrics) {
  Predict("{\"data\":" + Data("5") + "}");
  const LocalAnswer text = client_->Get("/metrics");
  EXPECT_THAT(std::string(text.header("Content-Type")), HasSubstr("text/plain"));
  EXPECT_THAT(
      text.body,
      HasSubstr("predictions_total{model=\"pm25_d1\",version=\"v1\",status=\"success\"} 1"));
  EXPECT_THAT(text.body, HasSubstr("prediction_duration_seconds_count{model=\"pm25_d1\""));
  EXPECT_THAT(text.body, HasSubstr("prediction_batch_size_count 1"));
  EXPECT_THAT(text.body, HasSubstr("models_loaded{stage=\"production\"} 1"));
  const LocalAnswer open = client_->Get("/metrics", {{"Accept", "application/openmetrics-text"}});
  EXPECT_THAT(std::string(open.header("Content-Type")), HasSubstr("openmetrics-text"));
  EXPECT_THAT(open.body, HasSubstr("# EOF"));
}

TEST_F(PlatformRoutesTest, PredictAnswersWithEveryFieldOfTheContract) {
  const LocalAnswer answer = Predict("{\"data\":" + Data("12.5") + "}");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body), ElementsAre("predictions", "prediction", "model_id", "model_version",
                                         "inference_time_ms", "cached", "degraded", "warnings",
                                         "timestamp", "input_shape"));
  EXPECT_EQ(body.Find("predictions")->AsArray()->size(), 1U);
  EXPECT_EQ(*body.NumberAt("prediction"), 12.5);
  EXPECT_EQ(*body.StringAt("model_id"), id_);
  EXPECT_EQ(*body.StringAt("model_version"), "v1");
  EXPECT_FALSE(*body.BoolAt("cached"));
  EXPECT_EQ(*body.StringAt("timestamp"), "2021-01-01T12:00:00Z");
  EXPECT_EQ((*body.ArrayAt("input_shape"))[0].AsDouble(), 1);
}

TEST_F(PlatformRoutesTest, AnIntervalIsGivenWhenItIsWanted) {
  const Json body = Parse(Predict("{\"return_interval\":true,\"data\":" + Data("12.5") + "}"));
  const auto intervals = body.ArrayAt("intervals");
  ASSERT_TRUE(intervals.ok());
  EXPECT_EQ((*(*intervals)[0].AsArray())[0].AsDouble(), 8.5);
  EXPECT_EQ((*(*intervals)[0].AsArray())[1].AsDouble(), 16.5);
}

TEST_F(PlatformRoutesTest, ExplainSaysWhatMovedAPrediction) {
  const LocalAnswer answer = Predict("{\"data\":" + Data("12.5") + "}", "/explain");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body), ElementsAre("prediction", "space", "base_value", "contributions",
                                         "model_id", "warnings"));
  EXPECT_EQ(*body.NumberAt("prediction"), 12.5);
  EXPECT_EQ(*body.StringAt("space"), "concentration");
  EXPECT_EQ(*body.NumberAt("base_value"), 0);
  const auto contributions = body.ArrayAt("contributions");
  ASSERT_TRUE(contributions.ok());
  EXPECT_EQ(*(*contributions)[0].StringAt("feature"), "baseline");
  EXPECT_EQ(*(*contributions)[0].NumberAt("contribution"), 12.5);
  EXPECT_EQ(contributions->size(),
            1 + features::FeatureBuilder::Schema(Pollutant::kPm25).features().size());
}

TEST_F(PlatformRoutesTest, ExplainRefusesAsPredictDoesAndOutputsThatAreNot) {
  EXPECT_EQ(Predict("{", "/explain").status, 422);
  EXPECT_EQ(Predict("{\"data\":{\"nothing\":1}}", "/explain").status, 422);
  EXPECT_EQ(Predict("{\"data\":{},\"model_name\":\"nothing\"}", "/explain").status, 404);
  const LocalAnswer answer = Predict("{\"data\":" + Data("12.5") + "}", "/explain?output=1");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr("the model has 1 outputs"));
}

TEST_F(PlatformRoutesTest, PredictRefusesWithTheStatusesOfTheContract) {
  EXPECT_EQ(Predict("").status, 422);
  EXPECT_EQ(Predict("{").status, 422);
  EXPECT_EQ(Predict("[]").status, 422);
  EXPECT_EQ(Predict("{\"data\":{\"nothing\":1}}").status, 422);
  EXPECT_EQ(Predict("{\"data\":" + Data("\"x\"") + "}").status, 422);
  EXPECT_EQ(Predict("{\"data\":{},\"model_name\":\"nothing\"}").status, 404);
  EXPECT_EQ(Predict("{\"data\":{},\"model_id\":\"nothing\"}").status, 404);
  EXPECT_EQ(client_->Post("/predict", "text/plain", "x").status, 415);
  EXPECT_EQ(client_->Post("/predict", "application/json", std::string(2 << 20, ' ')).status, 413);
  const LocalAnswer method = client_->Get("/predict");
  EXPECT_EQ(method.status, 405);
  EXPECT_THAT(std::string(method.header("Allow")), HasSubstr("POST"));
}

TEST_F(PlatformRoutesTest, ARefusalNamesTheFieldAndTheNearestName) {
  std::string almost = last_;
  almost.back() = '_';
  const LocalAnswer answer = Predict("{\"data\":{\"" + almost + "\":1}}");
  const Json body = Parse(answer);
  EXPECT_THAT(Members(body), testing::IsSupersetOf(
                                 {"error", "detail", "code", "request_id", "timestamp", "errors"}));
  const Json& error = (*body.ArrayAt("errors"))[0];
  EXPECT_THAT(Members(error), ElementsAre("loc", "msg", "type"));
  EXPECT_EQ(*(*error.ArrayAt("loc"))[2].AsString(), almost);
  EXPECT_THAT(std::string(*error.StringAt("msg")), HasSubstr("'" + last_ + "'"));
  EXPECT_EQ(Predict("{\"data\":{\"" + almost + "\":1,\"" + last_ + "\":3" + required_ + "}}",
                    "/predict?lenient=true")
                .status,
            200);
}

TEST_F(PlatformRoutesTest, ARowWithoutAFiniteAnswerIsToldWhatItLacks) {
  const LocalAnswer answer = Predict("{\"data\":" + Data("null") + "}");
  EXPECT_EQ(answer.status, 422) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(last_));
}

TEST_F(PlatformRoutesTest, ABatchAnswersRowByRow) {
  std::string rows;
  for (int i = 0; i < 50; ++i) rows += (i == 0 ? "" : ",") + Data(std::to_string(i));
  const LocalAnswer answer = Predict("{\"data\":[" + rows + "]}", "/predict/batch");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  const auto predictions = *body.ArrayAt("predictions");
  ASSERT_EQ(predictions.size(), 50U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(predictions[static_cast<std::size_t>(i)].AsDouble(), i);
  }
  EXPECT_EQ((*body.ArrayAt("input_shape"))[0].AsDouble(), 50);
  EXPECT_EQ(Predict("{\"data\":[" + rows + "," + Data("1") + "]}", "/predict/batch").status, 413);
}

TEST_F(PlatformRoutesTest, AnEmptyBatchIsNoFault) {
  const LocalAnswer answer = Predict("{\"data\":[]}", "/predict/batch");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"predictions\":[],\"prediction\":null"));
}

TEST_F(PlatformRoutesTest, ABatchMayBeCsv) {
  std::string names = last_;
  std::string values = "7";
  for (const auto& feature : features::FeatureBuilder::Schema(Pollutant::kPm25).features()) {
    if (feature.missing_allowed || feature.name == last_) continue;
    names += "," + feature.name;
    values += ",1";
  }
  const LocalAnswer answer =
      client_->Post("/predict/batch?model_name=pm25_d1", "text/csv", names + "\n" + values + "\n");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("\"predictions\":[7]"));
  EXPECT_EQ(client_->Post("/predict/batch", "text/csv", "lost\n1\n").status, 422);
  EXPECT_EQ(client_->Post("/predict/batch?model_name=x", "text/csv", "lost\n1\n").status, 404);
}

TEST_F(PlatformRoutesTest, ModelsAreListedAndDescribed) {
  const Json list = Parse(client_->Get("/models?model_name=pm25_d1&stage=production"));
  ASSERT_EQ(list.AsArray()->size(), 1U);
  EXPECT_EQ(*(*list.AsArray())[0].StringAt("model_id"), id_);
  EXPECT_EQ(Parse(client_->Get("/models?stage=staging")).AsArray()->size(), 0U);
  EXPECT_EQ(client_->Get("/models?stage=nowhere").status, 422);
  const Json one = Parse(client_->Get("/models/" + id_));
  EXPECT_THAT(Members(one),
              testing::IsSupersetOf({"model_id", "model_name", "version", "model_type", "task_type",
                                     "stage", "aliases", "metrics", "features",
                                     "schema_fingerprint", "created_at", "size_bytes", "sha256"}));
  EXPECT_EQ(client_->Get("/models/nothing").status, 404);
}

TEST_F(PlatformRoutesTest, AVersionIsDescribedWithItsCard) {
  const model::ModelCard card = model::testing::ExampleCard();
  const std::string id = platform_.PublishForecaster(Pollutant::kPm25, 1, 0.1, card);
  const Json described = Parse(client_->Get("/models/" + id));
  const auto shown = described.ObjectAt("card");
  ASSERT_TRUE(shown.ok()) << shown.error().ToString();
  EXPECT_EQ(*(*shown)->StringAt("damped_towards"), card.damped_towards);
  EXPECT_TRUE((*shown)->ArrayAt("sites")->empty()) << "they are in the whole card";
  const std::string url = "/models/" + id + "/card";
  EXPECT_EQ(client_->Get(url).body, model::EncodeCard(card));
  EXPECT_EQ(formats::Sha256(client_->Get(url).body).Hex(), *described.StringAt("card_sha256"));

  const std::string markdown = model::RenderCard(card, id);
  const LocalAnswer by_query = client_->Get(url + "?format=md");
  EXPECT_EQ(by_query.body, markdown);
  EXPECT_THAT(std::string(by_query.header("Content-Type")), HasSubstr("text/markdown"));
  EXPECT_EQ(client_->Get(url, {{"Accept", "text/markdown, */*;q=0.1"}}).body, markdown);
  EXPECT_EQ(client_->Get(url + "?format=json", {{"Accept", "text/markdown"}}).body,
            model::EncodeCard(card));
  EXPECT_EQ(client_->Get(url + "?format=pdf").status, 422);
}

TEST_F(PlatformRoutesTest, AVersionWithoutACardIsDescribedAllTheSame) {
  const LocalAnswer described = client_->Get("/models/" + id_);
  EXPECT_EQ(described.status, 200);
  EXPECT_TRUE(Parse(described).Find("card")->is_null());
  EXPECT_EQ(client_->Get("/models/" + id_ + "/card").status, 404);
  EXPECT_EQ(client_->Get("/models/nothing/card").status, 404);
}

TEST_F(PlatformRoutesTest, AVersionThatCannotBeReadIsNamedBesideTheOthers) {
  const std::string broken = platform_.PublishForecaster(Pollutant::kPm25, 1);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(platform_.folder / "models/manifests")) {
    if (entry.path().filename().string().starts_with(broken)) std::ofstream(entry.path()) << "?";
  }
  const LocalAnswer listed = client_->Get("/models");
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(Parse(listed).AsArray()->size(), 1U);
  EXPECT_EQ(listed.header("X-Damaged-Models"), broken);
  EXPECT_EQ(client_->Get("/models/" + broken).status, 500);
}

TEST_F(PlatformRoutesTest, PromotionAnswersAsTheContractSays) {
  LocalClient management(ManagementTable(), platform_.clock);
  const std::string next = platform_.PublishForecaster(Pollutant::kPm25, 1);
  const auto promote = [&](std::string_view model, std::string_view query) {
    return management.Post("/models/" + std::string(model) + "/promote" + std::string(query), "",
                           "");
  };
  EXPECT_EQ(promote("nothing", "?new_stage=heaven").status, 400);
  EXPECT_EQ(promote(next, "").status, 422);
  EXPECT_EQ(promote("nothing", "?new_stage=staging").status, 404);
  EXPECT_EQ(promote(next, "?new_stage=production&expected=" + next).status, 409);
  const std::string bad = platform_.PublishForecaster(Pollutant::kPm25, 1, -1);
  EXPECT_EQ(promote(bad, "?new_stage=production").status, 409);

  const LocalAnswer done = promote(next, "?new_stage=production&wait=60&expected=" + id_);
  ASSERT_EQ(done.status, 200) << done.body;
  const Json body = Parse(done);
  EXPECT_EQ(*body.StringAt("model_id"), next);
  EXPECT_EQ(*body.StringAt("new_stage"), "production");
  EXPECT_TRUE(*body.BoolAt("served"));
  EXPECT_GT(*body.IntegerAt("generation"), 0);
  EXPECT_THAT(Predict("{\"data\":" + Data("1") + "}").body, HasSubstr(next));

  const LocalAnswer back = management.Post("/models/pm25_d1/rollback?wait=60", "", "");
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_THAT(Predict("{\"data\":" + Data("1") + "}").body, HasSubstr(id_));

  const Json history = Parse(client_->Get("/models/pm25_d1/history"));
  EXPECT_THAT(Members((*history.AsArray())[0]),
              ElementsAre("generation", "who", "what", "target", "when", "from", "to", "why"));
  EXPECT_EQ(client_->Get("/models/nothing/history").status, 404);
}

TEST_F(PlatformRoutesTest, AnAliasIsSetOnlyFromWhatIsExpected) {
  LocalClient management(ManagementTable(), platform_.clock);
  const auto put = [&](std::string_view body) {
    return management.Send(Method::kPut, "/models/pm25_d1/aliases/best?wait=60", body,
                           {{"Content-Type", "application/json"}});
  };
  EXPECT_EQ(put("{}").status, 422);
  EXPECT_EQ(put(R"({"model_id":"nothing"})").status, 404);
  EXPECT_EQ(put("{\"model_id\":\"" + id_ + "\",\"expected\":\"another\"}").status, 409);
  EXPECT_EQ(put("{\"model_id\":\"" + id_ + "\"}").status, 200);
  EXPECT_EQ(Predict("{\"model_id\":\"pm25_d1@best\",\"data\":" + Data("1") + "}").status, 200);
}

TEST_F(PlatformRoutesTest, ACanaryIsSetAndAnswersByTheRoutingKey) {
  LocalClient management(ManagementTable(), platform_.clock);
  const std::string next = platform_.PublishForecaster(Pollutant::kPm25, 1);
  const auto put = [&](std::string_view body) {
    return management.Send(Method::kPut, "/models/pm25_d1/traffic?wait=60", body,
                           {{"Content-Type", "application/json"}});
  };
  EXPECT_EQ(put("[]").status, 422);
  EXPECT_EQ(put("{\"canary\":\"" + next + "\"}").status, 422) << "without a share";
  EXPECT_EQ(put(R"({"canary":"nothing","share":0.5})").status, 404);
  EXPECT_EQ(put("{\"canary\":\"" + id_ + "\",\"share\":0.5}").status, 409);
  EXPECT_EQ(put("{\"canary\":\"" + next + "\",\"share\":2}").status, 422);
  const LocalAnswer done = put("{\"canary\":\"" + next + "\",\"share\":0.5,\"expected\":\"\"}");
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_GT(*Parse(done).IntegerAt("generation"), 0);
  int canaries = 0;
  for (int i = 0; i < 100; ++i) {
    const LocalAnswer answer =
        client_->Post("/predict", "application/json", "{\"data\":" + Data("1") + "}",
                      {{"X-Routing-Key", "caller " + std::to_string(i)}});
    EXPECT_EQ(answer.status, 200);
    canaries += answer.body.find(next) != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(canaries, 25);
  EXPECT_LT(canaries, 75);
  // Without a key the body decides: the same question has the same answer.
  const std::string same = Predict("{\"data\":" + Data("1") + "}").body;
  const Json traffic = Parse(management.Get("/models/pm25_d1/traffic"));
  EXPECT_EQ(*traffic.StringAt("canary"), next);
  EXPECT_EQ(*traffic.StringAt("production"), id_);
  EXPECT_EQ(*traffic.Find("arms")->Find("canary")->IntegerAt("requests") +
                *traffic.Find("arms")->Find("production")->IntegerAt("requests"),
            101);
  EXPECT_EQ(management.Get("/models/nothing/traffic").status, 404);
  ASSERT_EQ(put("{}").status, 200);
  EXPECT_TRUE(Parse(management.Get("/models/pm25_d1/traffic")).Find("canary")->is_null());
}

TEST_F(PlatformRoutesTest, APolicyOfVersionsIsSet) {
  LocalClient management(ManagementTable(), platform_.clock);
  const auto put = [&](std::string_view body) {
    return management
        .Send(Method::kPut, "/models/pm25_d1/version-policy?wait=60", body,
              {{"Content-Type", "application/json"}})
        .status;
  };
  EXPECT_EQ(put(R"({"latest":2})"), 200);
  EXPECT_EQ(put(R"({"all":true})"), 200);
  EXPECT_EQ(put("{\"specific\":[\"" + id_ + "\"]}"), 200);
  EXPECT_EQ(put(R"({"default":true})"), 200);
  EXPECT_EQ(put(R"({"specific":["nothing"]})"), 404);
  EXPECT_EQ(put(R"({"latest":0})"), 422);
  EXPECT_EQ(put(R"({"odd":1})"), 422);
  EXPECT_EQ(put(R"({"latest":1,"all":true})"), 422);
}

TEST_F(PlatformRoutesTest, WhatStandsInForProductionSaysSo) {
  registry::NewModel broken;
  broken.model_name = "pm25_d1";
  broken.features = {{.name = "x", .unit = ""}};
  const auto published = platform_.registry->Publish(broken, "no model", {"test", ""});
  ASSERT_TRUE(published.ok());
  LocalClient management(ManagementTable(), platform_.clock);
  const LocalAnswer promoted = management.Post(
      "/models/" + published->model_id + "/promote?new_stage=staging&wait=60", "", "");
  ASSERT_EQ(promoted.status, 200) << promoted.body;
  ASSERT_TRUE(platform_.registry
                  ->Promote(published->model_id,
                            {.stage = model::Stage::kProduction,
                             .expected = {},
                             .gate = registry::PromotionGate::kOverride},
                            {"test", ""})
                  .ok());
  ASSERT_TRUE(models_->Refresh().ok());
  const Json answer = Parse(Predict("{\"data\":" + Data("1") + "}"));
  EXPECT_TRUE(*answer.BoolAt("degraded"));
  EXPECT_EQ(*answer.StringAt("model_id"), id_);
  EXPECT_THAT(*(*answer.ArrayAt("warnings"))[0].AsString(), HasSubstr("could not be loaded"));
}

}  // namespace
}  // namespace geoclimate::server::http::routes
