// Alerts over the server's own parser and renderer without sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/local_client.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/testing/example_table.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::Json;
using service::ExampleSite;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);
constexpr std::string_view kRule =
    R"({"name":"school","site_id":"36-001-0000","threshold":900,"url":"http://127.0.0.1:1/"})";

class AlertRoutesTest : public ::testing::Test {
 protected:
  AlertRoutesTest() : key_(*alerts::SigningKey::LoadOrCreate(platform_.folder)) {
    constexpr std::chrono::hours kNever{1};
    store::ObservationStore& store = *platform_.stores.observations;
    platform_.AddPm25(ExampleSite(0), kDay, 12);
    service::PublishExampleTable(platform_, service::ExampleTable(kDay, 1));
    service::ModelsOptions models;
    models.watch_interval = kNever;
    models_ = *service::Models::Start(platform_.registry.get(), {}, models, platform_.metrics,
                                      platform_.clock);
    sites_ = *service::Sites::Start(store, kNever);
    values_ = std::make_unique<service::SiteValues>(store);
    service::ForecastsOptions forecasts;
    forecasts.as_of = kDay;
    forecasts.watch_interval = kNever;
    forecasts_ = *service::Forecasts::Start(*platform_.tables, store, platform_.clock,
                                            platform_.metrics, forecasts);
    alerts::WebhookClientOptions webhooks;
    webhooks.allowed = *access::AddressList::Parse({"127.0.0.1"});
    webhooks_.emplace(platform_.clock, webhooks);
    breaker_.emplace("webhook", resilience::CircuitBreakerOptions(), platform_.clock);
    service::AlertsOptions options;
    options.look_every = kNever;
    alerts_ = *service::Alerts::Start({.store = *platform_.stores.alerts,
                                       .observations = store,
                                       .blobs = *platform_.blobs,
                                       .webhooks = *webhooks_,
                                       .key = key_,
                                       .breaker = *breaker_,
                                       .sources = {*sites_, *values_, *forecasts_, *models_},
                                       .clock = platform_.clock,
                                       .metrics = platform_.metrics},
                                      options);
    RouteTable table;
    AddAlertRoutes(*alerts_, Management(platform_.clock), table);
    client_ = std::make_unique<LocalClient>(std::move(table), platform_.clock);
  }

  Json Parse(const LocalAnswer& answer) {
    auto json = formats::ParseJson(answer.body);
    EXPECT_TRUE(json.ok()) << answer.body;
    return json.ok() ? *std::move(json) : Json();
  }
  std::string Create() {
    const Json made = Parse(client_->Post("/v1/alerts", "application/json", kRule));
    return std::string(*made.StringAt("id"));
  }

  service::TestPlatform platform_;
  alerts::SigningKey key_;
  std::unique_ptr<service::Models> models_;
  std::unique_ptr<service::Sites> sites_;
  std::unique_ptr<service::SiteValues> values_;
  std::unique_ptr<service::Forecasts> forecasts_;
  std::optional<alerts::WebhookClient> webhooks_;
  std::optional<resilience::CircuitBreaker> breaker_;
  std::unique_ptr<service::Alerts> alerts_;
  std::unique_ptr<LocalClient> client_;
};

TEST_F(AlertRoutesTest, AnAlertIsMadeShownAndRemovedAndItsSecretToldOnce) {
  const LocalAnswer answer = client_->Post("/v1/alerts", "application/json", kRule);
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.header("Cache-Control"), "no-store");
  const Json made = Parse(answer);
  const std::string id(*made.StringAt("id"));
  EXPECT_EQ(answer.header("Location"), "/v1/alerts/" + id);
  EXPECT_THAT(std::string(*made.StringAt("secret")), ::testing::StartsWith("whsec_"));

  const LocalAnswer shown = client_->Get("/v1/alerts/" + id);
  EXPECT_THAT(shown.body, ::testing::Not(HasSubstr("whsec_")));
  EXPECT_EQ(*Parse(shown).StringAt("name"), "school");
  EXPECT_EQ(*(*Parse(shown).ObjectAt("state"))->StringAt("phase"), "idle");
  EXPECT_THAT(*Parse(client_->Get("/v1/alerts")).ArrayAt("alerts"), SizeIs(1));

  EXPECT_EQ(client_->Send(Method::kDelete, "/v1/alerts/" + id, "", {}).status, 200);
  EXPECT_EQ(client_->Send(Method::kDelete, "/v1/alerts/" + id, "", {}).status, 404);
  EXPECT_EQ(client_->Get("/v1/alerts/" + id).status, 404);
}

TEST_F(AlertRoutesTest, TheQueryNamesWhatIsRemovedToo) {
  const std::string id = Create();
  EXPECT_EQ(client_->Send(Method::kDelete, "/v1/alerts", "", {}).status, 422);
  EXPECT_EQ(client_->Send(Method::kDelete, "/v1/alerts?id=x", "", {}).status, 404);
  EXPECT_EQ(client_->Send(Method::kDelete, "/v1/alerts?id=" + id, "", {}).status, 200);
  EXPECT_THAT(*Parse(client_->Get("/v1/alerts")).ArrayAt("alerts"), SizeIs(0));
}

TEST_F(AlertRoutesTest, WhatIsWrongIsNamed) {
  const auto post = [&](std::string_view body) {
    return client_->Post("/v1/alerts", "application/json", body);
  };
  EXPECT_EQ(post("{").status, 422);
  EXPECT_EQ(post("").status, 422);
  const LocalAnswer inside =
      post(R"({"site_id":"36-001-0000","threshold":1,"url":"https://169.254.169.254/"})");
  EXPECT_EQ(inside.status, 422);
  EXPECT_THAT(inside.body, HasSubstr("field 'url'"));
  EXPECT_EQ(client_->Post("/v1/alerts", "text/plain", kRule).status, 415);
  EXPECT_EQ(post(std::string(9000, ' ')).status, 413);
}

TEST_F(AlertRoutesTest, DeadLettersAreListedAndSentAgain) {
  const std::string id = Create();
  store::AlertEvent event;
  event.id = "evt_a";
  event.alert = id;
  event.key_id = key_.id();
  event.target = "http://127.0.0.1:1/";
  event.body = R"({"id":"evt_a"})";
  event.created_at = platform_.clock.Now();
  event.due_at = event.created_at;
  store::AlertStore& store = *platform_.stores.alerts;
  ASSERT_TRUE(store
                  .Advance(id, store.Find(id)->turn,
                           {.phase = 2, .episode = {}, .last_event_at = {}}, event)
                  .ok());
  event.attempts = 10;
  event.error = "status 500";
  event.ended_at = platform_.clock.Now();
  ASSERT_TRUE(store.Bury(event, 10).ok());
  const Json letters = Parse(client_->Get("/v1/alerts/dead-letters"));
  ASSERT_THAT(*letters.ArrayAt("dead_letters"), SizeIs(1));
  const Json& letter = letters.ArrayAt("dead_letters")->front();
  EXPECT_EQ(*letter.StringAt("alert_id"), id);
  EXPECT_EQ(*letter.StringAt("error"), "status 500");
  EXPECT_EQ(*(*letter.ObjectAt("event"))->StringAt("id"), "evt_a");
  EXPECT_EQ(client_->Post("/v1/alerts/dead-letters/evt_x/redeliver", "", "").status, 404);
  EXPECT_EQ(client_->Post("/v1/alerts/dead-letters/evt_a/redeliver", "", "").status, 200);
  EXPECT_EQ(client_->Get("/v1/alerts/dead-letters?limit=0").status, 422);
}

}  // namespace
}  // namespace geoclimate::server::http::routes
