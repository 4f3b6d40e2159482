// Predictions by the scheduler's threads answer what those on the I/O thread do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class ScheduledRoutesTest : public testing::Test {
 protected:
  ScheduledRoutesTest() {
    platform_.PromoteForecaster(Pollutant::kPm25, 1);
    for (const features::Feature& feature :
         features::FeatureBuilder::Schema(Pollutant::kPm25).features()) {
      names_.push_back(feature.name);
    }
    service::ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    inline_models_ = Start(options);
    inline_ = MakeClient(*inline_models_);
    options.scheduler.inline_below = std::chrono::microseconds(0);
    options.scheduler.batcher.batch.max_rows = 7;
    options.scheduler.instances = 2;
    options.compute_threads = 2;
    scheduled_models_ = Start(options);
    scheduled_ = MakeClient(*scheduled_models_);
  }

  std::unique_ptr<service::Models> Start(const service::ModelsOptions& options) {
    return *service::Models::Start(platform_.registry.get(), {}, options, platform_.metrics,
                                   platform_.clock);
  }
  std::unique_ptr<LocalClient> MakeClient(const service::Models& models) {
    RouteTable table;
    AddSharedSchemas(table);
    AddPredictRoute(models, platform_.clock, table);
    AddExplainRoute(models, table);
    AddPredictBatchRoute(models, platform_.clock, {.max_batch_rows = 500}, table);
    return std::make_unique<LocalClient>(std::move(table), platform_.clock);
  }

  // A row whose every feature is `value`; null: missing.
  std::string Row(const std::string& value) const {
    std::string row = "{";
    for (const std::string& name : names_) {
      row += (row.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
    }
    return row + "}";
  }
  // Both answer alike, to the byte; returns the body.
  std::string ExpectAlike(std::string_view target, const std::string& body, int status) {
    const LocalAnswer expected = inline_->Post(target, "application/json", body);
    EXPECT_EQ(expected.status, status) << expected.body;
    const LocalAnswer answer = scheduled_->Post(target, "application/json", body);
    EXPECT_EQ(answer.status, expected.status);
    EXPECT_EQ(WithoutId(answer.body), WithoutId(expected.body));
    return answer.body;
  }
  static std::string WithoutId(std::string body) {
    const std::size_t id = body.find("\"request_id\":\"");
    if (id != std::string::npos) body.erase(id + 14, 16);
    return body;
  }

  service::TestPlatform platform_;
  std::vector<std::string> names_;
  std::unique_ptr<service::Models> inline_models_;
  std::unique_ptr<service::Models> scheduled_models_;
  std::unique_ptr<LocalClient> inline_;
  std::unique_ptr<LocalClient> scheduled_;
};

TEST_F(ScheduledRoutesTest, OneRowIsAnsweredAlike) {
  ASSERT_FALSE(scheduled_models_->Served()->models().front().ScoresInline(1));
  ASSERT_TRUE(inline_models_->Served()->models().front().ScoresInline(1));
  for (const char* const value : {"1", "12.5", "0", "-3", "1e3"}) {
    ExpectAlike("/predict", "{\"data\":" + Row(value) + "}", 200);
    ExpectAlike("/predict", "{\"data\":" + Row(value) + ",\"return_interval\":true}", 200);
  }
}

TEST_F(ScheduledRoutesTest, ARowWithoutAnAnswerIsRefusedAlike) {
  ExpectAlike("/predict", "{\"data\":{\"" + names_[0] + "\":1},\"return_interval\":true}", 422);
  ExpectAlike("/predict", "{\"data\":{\"nothing\":1}}", 422);
}

TEST_F(ScheduledRoutesTest, ABatchIsAnsweredAlike) {
  for (const int rows : {1, 7, 8, 300}) {
    std::string body = "{\"data\":[";
    for (int i = 0; i < rows; ++i) body += (i > 0 ? "," : "") + Row(std::to_string(i));
    ExpectAlike("/predict/batch", body + "]}", 200);
    ExpectAlike("/predict/batch", body + "],\"return_interval\":true}", 200);
  }
  ExpectAlike("/predict/batch", "{\"data\":[]}", 200);
}

TEST_F(ScheduledRoutesTest, ABatchWithARowThatHasNoAnswerIsRefusedAlike) {
  std::string body = "{\"data\":[";
  for (int i = 0; i < 20; ++i) body += Row("1") + ",";
  const std::string answer =
      ExpectAlike("/predict/batch", body + "{\"" + names_[0] + "\":1}]}", 422);
  EXPECT_THAT(answer, testing::HasSubstr("20"));
}

TEST_F(ScheduledRoutesTest, AnExplanationIsGivenAlike) {
  ExpectAlike("/explain", "{\"data\":" + Row("12.5") + "}", 200);
  ExpectAlike("/explain", "{\"data\":{\"" + names_[0] + "\":1}}", 422);
}

}  // namespace
}  // namespace geoclimate::server::http::routes
