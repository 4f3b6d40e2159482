// The prediction cache as callers meet it: `cached` in answers, and the orders on the management
// listener.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using airquality::Pollutant;
using formats::Json;
using ::testing::HasSubstr;

Json Parse(const LocalAnswer& answer) {
  auto json = formats::ParseJson(answer.body);
  EXPECT_TRUE(json.ok()) << answer.body;
  return json.ok() ? *std::move(json) : Json();
}

class CacheRoutesTest : public testing::Test {
 protected:
  CacheRoutesTest() {
    platform_.PromoteForecaster(Pollutant::kPm25, 1);
    service::ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    models_ = *service::Models::Start(platform_.registry.get(), {}, options, platform_.metrics,
                                      platform_.clock, &cache_);
    caches_ = *service::CacheControl::Start(*platform_.blobs, cache_, *models_, platform_.clock,
                                            {.watch_interval = std::chrono::hours(1)});
    RouteTable table;
    AddSharedSchemas(table);
    AddPredictRoute(*models_, platform_.clock, table);
    AddPredictBatchRoute(*models_, platform_.clock, {}, table);
    AddMetricsRoutes(platform_.metrics, table);
    client_ = std::make_unique<LocalClient>(std::move(table), platform_.clock);
    RouteTable management;
    AddCacheStateRoute(*caches_, management);
    AddCacheClearRoute(*caches_, platform_.clock, management);
    AddCacheWarmRoute(*caches_, platform_.clock, management);
    for (Route& route : management.routes) {
      EXPECT_EQ(route.listener, Listener::kManagement);
      EXPECT_EQ(route.scope, Scope::kAdmin);
      route.listener = Listener::kPublic;
      route.scope = Scope::kNone;
    }
    management_ = std::make_unique<LocalClient>(std::move(management), platform_.clock);
  }

  static std::string Row(int value) {
    std::string row = "{";
    for (const auto& feature : features::FeatureBuilder::Schema(Pollutant::kPm25).features()) {
      row += (row.size() > 1 ? ",\"" : "\"") + feature.name + "\":" + std::to_string(value);
    }
    return row + "}";
  }
  Json Predict(std::string_view data, std::string_view more = "") {
    const std::string body = "{\"data\":" + std::string(data) + std::string(more) + "}";
    return Parse(client_->Post("/predict", "application/json", body));
  }
  bool Cached(int value) { return *Predict(Row(value)).BoolAt("cached"); }

  service::TestPlatform platform_;
  inference::PredictionCache cache_{
      {.memory = {.max_bytes = std::size_t{1} << 20}}, platform_.clock, platform_.metrics};
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<service::CacheControl> caches_;
  std::unique_ptr<LocalClient> client_;
  std::unique_ptr<LocalClient> management_;
};

TEST_F(CacheRoutesTest, ARowThatComesAgainIsCachedAndTheSameToTheDigit) {
  const Json first = Predict(Row(3), ",\"return_interval\":true");
  const Json again = Predict(Row(3), ",\"return_interval\":true");
  EXPECT_FALSE(*first.BoolAt("cached"));
  EXPECT_TRUE(*again.BoolAt("cached"));
  for (const std::string_view member : {"predictions", "prediction", "intervals", "model_id"}) {
    EXPECT_EQ(WriteJson(*first.Find(member)), WriteJson(*again.Find(member))) << member;
  }
  EXPECT_FALSE(Cached(4));
  EXPECT_THAT(client_->Get("/metrics").body,
              HasSubstr(R"(cache_hits_total{cache="prediction",tier="memory",model="pm25_d1"} 1)"));
}

TEST_F(CacheRoutesTest, ABatchIsCachedWhenAllItsRowsAre) {
  const auto batch = [this](std::initializer_list<int> values) {
    std::string body = "{\"data\":[";
    for (const int value : values) body += (body.back() == '[' ? "" : ",") + Row(value);
    return Parse(client_->Post("/predict/batch", "application/json", body + "]}"));
  };
  EXPECT_FALSE(*batch({1, 2}).BoolAt("cached"));
  EXPECT_TRUE(*batch({2, 1}).BoolAt("cached"));
  const Json mixed = batch({3, 1});
  EXPECT_FALSE(*mixed.BoolAt("cached"));
  EXPECT_EQ((*mixed.ArrayAt("predictions"))[1].AsDouble(),
            Predict(Row(1)).Find("prediction")->AsDouble());
  EXPECT_FALSE(*batch({}).BoolAt("cached"));
}

TEST_F(CacheRoutesTest, ClearingGivesItsGenerationAndForgets) {
  Cached(1);
  ASSERT_TRUE(Cached(1));
  const LocalAnswer answer =
      management_->Send(Method::kDelete, "/admin/cache?wait=60&reason=test", "", {});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const Json body = Parse(answer);
  EXPECT_EQ(*body.IntegerAt("generation"), 1);
  EXPECT_TRUE(*body.BoolAt("followed"));
  EXPECT_FALSE(Cached(1));
}

TEST_F(CacheRoutesTest, TheTiersAreShownWithWhatTheyHold) {
  Cached(1);
  const Json before = Parse(management_->Get("/admin/cache"));
  EXPECT_EQ(*before.IntegerAt("generation"), 0);
  const auto tiers = before.ArrayAt("tiers");
  ASSERT_TRUE(tiers.ok());
  ASSERT_EQ(tiers->size(), 1U) << "there is no shared one";
  EXPECT_EQ(*(*tiers)[0].StringAt("tier"), "memory");
  EXPECT_EQ(*(*tiers)[0].IntegerAt("entries"), 1);
  EXPECT_EQ(*(*tiers)[0].IntegerAt("max_bytes"), 1 << 20);
  management_->Send(Method::kDelete, "/admin/cache?wait=60", "", {});
  const Json after = Parse(management_->Get("/admin/cache"));
  EXPECT_EQ(*after.IntegerAt("generation"), 1);
  EXPECT_EQ(*(*after.ArrayAt("tiers"))[0].IntegerAt("entries"), 0);
}

TEST_F(CacheRoutesTest, WarmingNamesItsModelAndRows) {
  const LocalAnswer answer = management_->Post("/admin/cache/warm?wait=60&rows=10", "", "");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(*Parse(answer).IntegerAt("rows"), 0) << "no other version was asked anything";
  EXPECT_EQ(management_->Post("/admin/cache/warm?model_name=nothing", "", "").status, 404);
  EXPECT_EQ(management_->Post("/admin/cache/warm?rows=0", "", "").status, 422);
  EXPECT_EQ(management_->Post("/admin/cache/warm?rows=many", "", "").status, 422);
}

}  // namespace
}  // namespace geoclimate::server::http::routes
