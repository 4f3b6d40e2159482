#include "geoclimate/service/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "geoclimate/alerts/testing/receiver.h"
#include "geoclimate/base/check.h"
#include "geoclimate/formats/json.h"
#include "geoclimate/service/testing/example_table.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using alerts::testing::FieldOf;
using alerts::testing::Receiver;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const base::LocalDay kDay = base::MakeDay(2020, 12, 31);
const AlertOwner kCity{.name = "key city"};
const AlertOwner kAdmin{.name = "local", .sees = AlertOwner::Sees::kAll};

// Everything that a process has around its alerts.
class Process {
 public:
  Process(TestPlatform& platform, const alerts::SigningKey& key) {
    constexpr std::chrono::hours kNever{1};
    store::ObservationStore& observations = *platform.stores.observations;
    ModelsOptions models;
    models.watch_interval = kNever;
    models_ = *Models::Start(platform.registry.get(), {}, models, metrics_, platform.clock);
    sites_ = *Sites::Start(observations, kNever);
    values_ = std::make_unique<SiteValues>(observations);
    ForecastsOptions options;
    options.as_of = kDay;
    options.watch_interval = kNever;
    forecasts_ =
        *Forecasts::Start(*platform.tables, observations, platform.clock, metrics_, options);
    alerts::WebhookClientOptions webhooks;
    webhooks.allowed = *access::AddressList::Parse({"127.0.0.1"});
    webhooks_.emplace(platform.clock, webhooks);
    breaker_.emplace("webhook", resilience::CircuitBreakerOptions(), platform.clock);
    AlertsOptions alerts;
    alerts.look_every = kNever;
    alerts.most_of_owner = 3;
    auto started = Alerts::Start({.store = *platform.stores.alerts,
                                  .observations = observations,
                                  .blobs = *platform.blobs,
                                  .webhooks = *webhooks_,
                                  .key = key,
                                  .breaker = *breaker_,
                                  .sources = {*sites_, *values_, *forecasts_, *models_},
                                  .clock = platform.clock,
                                  .metrics = metrics_},
                                 alerts);
    GC_CHECK(started.ok(), started.error().ToString().c_str());
    alerts_ = *std::move(started);
  }

  Alerts& alerts() { return *alerts_; }
  Forecasts& forecasts() { return *forecasts_; }

 private:
  telemetry::MetricRegistry metrics_;
  std::unique_ptr<Models> models_;
  std::unique_ptr<Sites> sites_;
  std::unique_ptr<SiteValues> values_;
  std::unique_ptr<Forecasts> forecasts_;
  std::optional<alerts::WebhookClient> webhooks_;
  std::optional<resilience::CircuitBreaker> breaker_;
  std::unique_ptr<Alerts> alerts_;
};

class AlertsTest : public ::testing::Test {
 protected:
  AlertsTest() : key_(*alerts::SigningKey::LoadOrCreate(platform_.folder)) {
    for (std::uint32_t i = 0; i < 3; ++i) {
      platform_.AddPm25(ExampleSite(i, 40 + i), kDay - std::chrono::days(9), 5);
    }
    PublishExampleTable(platform_, ExampleTable(kDay, 3));
    process_ = std::make_unique<Process>(platform_, key_);
  }

  NewAlert Create(const std::string& members, const AlertOwner& owner = kCity) {
    auto made = TryCreate(members, owner);
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? *std::move(made) : NewAlert();
  }
  base::Result<NewAlert> TryCreate(const std::string& members, const AlertOwner& owner = kCity) {
    return process_->alerts().Create(owner,
                                     fmt::format(R"({{"url":"{}",{}}})", receiver_.url(), members));
  }
  // What reaches the receiver from now on, by what one look gives rise to.
  std::vector<std::string> Told() {
    const std::size_t before = receiver_.requests().size();
    EXPECT_TRUE(*process_->alerts().Look());
    EXPECT_TRUE(*process_->alerts().Send());
    std::vector<std::string> bodies;
    const std::vector<std::string> requests = receiver_.requests();
    for (std::size_t i = before; i < requests.size(); ++i) {
      bodies.push_back(requests[i].substr(requests[i].find("\r\n\r\n") + 4));
    }
    return bodies;
  }

  TestPlatform platform_;
  alerts::SigningKey key_;
  Receiver receiver_;
  std::unique_ptr<Process> process_;
};

TEST_F(AlertsTest, AForecastBeyondTheThresholdIsToldOnceADay) {
  const NewAlert alert =
      Create(R"("name":"school","site_id":"36-001-0000","pollutant":"PM2.5","threshold":50)");
  static_cast<void>(process_->alerts().Look());
  static_cast<void>(process_->alerts().Send());
  ASSERT_THAT(receiver_.requests(), SizeIs(1));
  const std::string request = receiver_.requests().front();
  const auto body = formats::ParseJson(request.substr(request.find("\r\n\r\n") + 4));
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(*body->StringAt("id"), FieldOf(request, "Webhook-Id"));
  EXPECT_EQ(*body->StringAt("type"), "alert.raised");
  const formats::Json& data = **body->ObjectAt("data");
  EXPECT_EQ(*data.StringAt("alert_id"), alert.alert.id);
  EXPECT_EQ(*data.StringAt("alert_name"), "school");
  EXPECT_EQ(*data.StringAt("site_id"), "36-001-0000");
  EXPECT_EQ(*data.IntegerAt("value"), 54);
  EXPECT_EQ(*data.NumberAt("concentration"), 11);
  EXPECT_EQ(*data.StringAt("category"), "Moderate");
  EXPECT_EQ(*data.StringAt("method"), "model");
  EXPECT_EQ(*data.StringAt("valid_from"), "2021-01-01T05:00:00Z");
  EXPECT_EQ(*data.StringAt("valid_to"), "2021-01-02T05:00:00Z");
  EXPECT_EQ(*data.StringAt("model_id"), "pm25_d1_v1_20210101_000000");
  EXPECT_THAT(Told(), IsEmpty());

  // Another table of the same day says the same of it.
  forecast::TableContent later = ExampleTable(kDay, 3);
  later.issued_at += std::chrono::minutes(10);
  PublishExampleTable(platform_, later);
  process_->forecasts().Refresh();
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(AlertsTest, ARuleIsHeldAgainstWhatItNames) {
  Create(R"("site_id":"36-001-0000","pollutant":"PM2.5","measure":"concentration","horizon":2,
            "threshold":11.5)");
  Create(R"("site_id":"36-001-0000","pollutant":"PM2.5","measure":"concentration","horizon":2,
            "threshold":12.5)");
  Create(R"("latitude":41.001,"longitude":-74,"threshold":60,"direction":"below")");
  static_cast<void>(process_->alerts().Look());
  static_cast<void>(process_->alerts().Send());
  std::set<std::string> told;
  for (const std::string& request : receiver_.requests()) {
    told.insert(request.substr(request.find("\"measure\"")));
  }
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_THAT(*told.begin(), HasSubstr(R"("direction":"below","threshold":60,"value":54)"));
  EXPECT_THAT(*told.rbegin(), HasSubstr(R"("threshold":11.5,"value":12)"));
}

TEST_F(AlertsTest, AnObservationIsToldAndAnOldOneIsNot) {
  Create(R"("site_id":"36-001-0001","pollutant":"PM2.5","source":"observed","threshold":150)");
  EXPECT_THAT(Told(), IsEmpty());
  platform_.AddPm25(ExampleSite(1, 41), kDay - std::chrono::days(2), 180);
  EXPECT_THAT(Told(), IsEmpty());
  platform_.AddPm25(ExampleSite(1, 41), kDay, 180);
  const auto told = Told();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told.front(), HasSubstr(R"("method":"observed")"));
  EXPECT_THAT(told.front(), HasSubstr(R"("valid_from":"2020-12-31T05:00:00Z")"));
  EXPECT_THAT(Told(), IsEmpty());
  platform_.AddPm25(ExampleSite(1, 41), kDay, 170, 2);
  EXPECT_THAT(Told(), IsEmpty()) << "it is as bad as before";
}

TEST_F(AlertsTest, QuietHoursHoldBackUntilTheyAreOver) {
  // The clock stands at 2021-01-01 12:00 UTC, 07:00 at the site.
  Create(R"("site_id":"36-001-0000","threshold":50,"quiet_hours":{"from":"22:00","to":"08:00"})");
  EXPECT_THAT(Told(), IsEmpty());
  EXPECT_EQ(process_->alerts().List(kCity)->front().state.phase, alerts::Phase::kWaiting);
  platform_.clock.Advance(std::chrono::minutes(30));
  EXPECT_THAT(Told(), IsEmpty());
  platform_.clock.Advance(std::chrono::minutes(30));
  static_cast<void>(process_->alerts().Look());
  static_cast<void>(process_->alerts().Send());
  EXPECT_THAT(receiver_.requests(), SizeIs(1));
}

TEST_F(AlertsTest, OneProcessSendsAndAnotherGoesOnInItsPlace) {
  Create(R"("site_id":"36-001-0000","threshold":50)");
  ASSERT_TRUE(*process_->alerts().Look());
  auto other = std::make_unique<Process>(platform_, key_);
  EXPECT_FALSE(*other->alerts().Look());
  EXPECT_FALSE(*other->alerts().Send());
  ASSERT_TRUE(other->alerts()
                  .Create(kCity, fmt::format(R"({{"url":"{}","site_id":"36-001-0001",
                                                             "threshold":50}})",
                                             receiver_.url()))
                  .ok());
  process_.reset();
  EXPECT_TRUE(*other->alerts().Look());
  EXPECT_TRUE(*other->alerts().Send());
  std::set<std::string> ids;
  for (const std::string& request : receiver_.requests())
    ids.insert(FieldOf(request, "Webhook-Id"));
  // What the first had under way when it ended comes again, under the same id.
  EXPECT_THAT(ids, SizeIs(2));
}

TEST_F(AlertsTest, OwnersSeeAndChangeTheirOwnOnly) {
  const NewAlert alert = Create(R"("site_id":"36-001-0000","threshold":50)");
  const AlertOwner other{.name = "key other"};
  Alerts& alerts = process_->alerts();
  EXPECT_THAT(alert.secret, ::testing::StartsWith("whsec_"));
  EXPECT_THAT(*alerts.List(kCity), SizeIs(1));
  EXPECT_THAT(*alerts.List(other), IsEmpty());
  EXPECT_THAT(*alerts.List(kAdmin), SizeIs(1));
  EXPECT_EQ(alerts.Find(other, alert.alert.id).error().code(), base::ErrorCode::kNotFound);
  EXPECT_EQ(alerts.Find(kCity, alert.alert.id)->rule, alert.alert.rule);
  EXPECT_EQ(alerts.Remove(other, alert.alert.id).error().code(), base::ErrorCode::kNotFound);
  EXPECT_TRUE(alerts.Remove(kAdmin, alert.alert.id).ok());
  EXPECT_EQ(alerts.Remove(kCity, alert.alert.id).error().code(), base::ErrorCode::kNotFound);
}

TEST_F(AlertsTest, WhatCannotBeAnAlertIsRefused) {
  Alerts& alerts = process_->alerts();
  const auto refused = [&](const std::string& json) {
    const auto made = alerts.Create(kCity, json);
    EXPECT_FALSE(made.ok()) << json;
    return made.ok() ? std::string() : made.error().message();
  };
  EXPECT_THAT(refused(fmt::format(R"({{"url":"{}","site_id":"36-001-0099","threshold":50}})",
                                  receiver_.url())),
              HasSubstr("there is no site '36-001-0099'"));
  EXPECT_THAT(refused(R"({"url":"https://127.0.0.2/","site_id":"36-001-0000","threshold":50})"),
              HasSubstr("field 'url'"));
  for (int i = 0; i < 3; ++i) Create(R"("site_id":"36-001-0000","threshold":900)");
  EXPECT_EQ(TryCreate(R"("site_id":"36-001-0000","threshold":900)").error().code(),
            base::ErrorCode::kResourceExhausted);
  EXPECT_THAT(*alerts.List(kCity), SizeIs(3));
}

TEST_F(AlertsTest, ADeadLetterIsSentAgainByHand) {
  receiver_.Reply({{410}});
  Create(R"("site_id":"36-001-0000","threshold":50)");
  static_cast<void>(process_->alerts().Look());
  static_cast<void>(process_->alerts().Send());
  Alerts& alerts = process_->alerts();
  const auto dead = *alerts.DeadLetters(kCity, 10);
  ASSERT_THAT(dead, SizeIs(1));
  EXPECT_THAT(*alerts.DeadLetters({.name = "key other"}, 10), IsEmpty());
  EXPECT_EQ(alerts.Redeliver({.name = "key other"}, dead.front().id).error().code(),
            base::ErrorCode::kNotFound);
  ASSERT_TRUE(alerts.Redeliver(kCity, dead.front().id).ok());
  static_cast<void>(alerts.Send());
  ASSERT_THAT(receiver_.requests(), SizeIs(2));
  EXPECT_EQ(FieldOf(receiver_.requests().back(), "Webhook-Id"), dead.front().id);
  EXPECT_THAT(*alerts.DeadLetters(kCity, 10), IsEmpty());
}

}  // namespace
}  // namespace geoclimate::service
