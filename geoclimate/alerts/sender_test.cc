#include "geoclimate/alerts/sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/alerts/testing/receiver.h"
#include "geoclimate/base/check.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::alerts {
namespace {

using ::testing::ElementsAre;
using testing::FieldOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Receiver;
using ::testing::SizeIs;

class SenderTest : public ::testing::Test {
 protected:
  SenderTest() {
    auto opened = store::OpenSqliteStores(folder_ / "geoclimate.db", {}, clock_);
    GC_CHECK(opened.ok(), "a database can be made");
    store_ = std::move(opened->alerts);
    key_.emplace(*SigningKey::LoadOrCreate(folder_.path()));
    store::AlertRecord alert;
    alert.id = "alr_a";
    alert.owner = "local";
    alert.key_id = key_->id();
    GC_CHECK(store_->Add(alert, 10).ok(), "an alert can be added");
    Allow({"127.0.0.1"});
  }

  void Allow(const std::vector<std::string>& addresses, http_client::Resolver resolver = {}) {
    sender_.reset();
    WebhookClientOptions options;
    options.allowed = *access::AddressList::Parse(addresses);
    if (resolver) options.resolver = std::move(resolver);
    webhooks_.emplace(clock_, options);
    SenderOptions sending;
    sending.retry.max_attempts = 3;
    sending.retry.base = std::chrono::seconds(10);
    sender_ = std::make_unique<Sender>(
        SenderTools{*store_, *webhooks_, *key_, breaker_, clock_, metrics_}, sending, 7);
  }
  void AddEvent(const std::string& id, const std::string& url, std::string key_id = {}) {
    store::AlertEvent event;
    event.id = id;
    event.alert = "alr_a";
    event.key_id = key_id.empty() ? key_->id() : std::move(key_id);
    event.target = url;
    event.body = R"({"id":")" + id + "\"}";
    event.created_at = clock_.Now();
    event.due_at = clock_.Now();
    GC_CHECK(
        store_->Advance("alr_a", turn_++, {.phase = 2, .episode = {}, .last_event_at = {}}, event)
            .ok(),
        "an event can be added");
  }
  std::size_t Send() {
    const auto sent = sender_->SendDue([] { return true; }, {});
    EXPECT_TRUE(sent.ok()) << sent.error().ToString();
    return sent.ok() ? *sent : 0;
  }
  std::vector<store::AlertEvent> Pending() {
    return *store_->Due(clock_.Now() + std::chrono::hours(1000), 100);
  }
  std::vector<store::AlertEvent> Dead() { return *store_->DeadLetters({}); }

  store::sqlite::TemporaryFolder folder_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(400'000))};
  telemetry::MetricRegistry metrics_;
  resilience::CircuitBreaker breaker_{
      "webhook", {.failure_rate = 0.5, .window_calls = 4, .min_calls = 2}, clock_};
  std::unique_ptr<store::AlertStore> store_;
  std::optional<SigningKey> key_;
  std::optional<WebhookClient> webhooks_;
  std::unique_ptr<Sender> sender_;
  std::int64_t turn_ = 0;
};

TEST_F(SenderTest, AnEventIsPostedSignedAndGoneOnceItHasArrived) {
  Receiver receiver;
  AddEvent("evt_a", receiver.url());
  EXPECT_EQ(Send(), 1U);
  EXPECT_THAT(Pending(), IsEmpty());
  EXPECT_THAT(Dead(), IsEmpty());
  ASSERT_THAT(receiver.requests(), SizeIs(1));
  const std::string request = receiver.requests().front();
  EXPECT_THAT(request, HasSubstr("POST /hook HTTP/1.1"));
  EXPECT_THAT(request, HasSubstr("\r\n\r\n{\"id\":\"evt_a\"}"));
  EXPECT_EQ(FieldOf(request, "Content-Type"), "application/json");
  EXPECT_EQ(FieldOf(request, "Webhook-Id"), "evt_a");
  EXPECT_EQ(FieldOf(request, "Webhook-Timestamp"), "1440000000");
  EXPECT_EQ(FieldOf(request, "Webhook-Signature"),
            SignEvent(key_->SecretOf("alr_a"), "evt_a", clock_.Now(), R"({"id":"evt_a"})"));
  EXPECT_EQ(Send(), 0U);
}

TEST_F(SenderTest, WhatFailsIsTriedAgainLaterAndIsADeadLetterInTheEnd) {
  Receiver receiver;
  receiver.Reply({{500}, {503}, {302, "Location: http://127.0.0.1:1/\r\n"}});
  AddEvent("evt_a", receiver.url());
  Send();
  ASSERT_THAT(Pending(), SizeIs(1));
  EXPECT_EQ(Pending().front().attempts, 1);
  EXPECT_EQ(Pending().front().error, "status 500");
  EXPECT_GE(Pending().front().due_at, clock_.Now());
  EXPECT_LE(Pending().front().due_at, clock_.Now() + std::chrono::seconds(10));
  clock_.Advance(std::chrono::seconds(10));
  Send();
  EXPECT_LE(Pending().front().due_at, clock_.Now() + std::chrono::seconds(20));
  clock_.Advance(std::chrono::seconds(20));
  Send();
  EXPECT_THAT(Pending(), IsEmpty());
  ASSERT_THAT(Dead(), SizeIs(1));
  EXPECT_EQ(Dead().front().attempts, 3);
  EXPECT_THAT(Dead().front().error, HasSubstr("status 302 (redirects are not followed)"));
  EXPECT_THAT(receiver.requests(), SizeIs(3));

  ASSERT_TRUE(store_->Revive("evt_a", std::nullopt, clock_.Now()).ok());
  Send();
  EXPECT_THAT(Dead(), IsEmpty());
  ASSERT_THAT(receiver.requests(), SizeIs(4));
  EXPECT_EQ(FieldOf(receiver.requests().back(), "Webhook-Id"), "evt_a");
}

TEST_F(SenderTest, AReceiverMaySayHowLongToWaitOrThatItIsGone) {
  Receiver receiver;
  receiver.Reply({{429, "Retry-After: 1800\r\n"}, {410}});
  AddEvent("evt_a", receiver.url());
  Send();
  ASSERT_THAT(Pending(), SizeIs(1));
  EXPECT_GE(Pending().front().due_at, clock_.Now() + std::chrono::minutes(30));
  clock_.Advance(std::chrono::minutes(31));
  Send();
  ASSERT_THAT(Dead(), SizeIs(1));
  EXPECT_EQ(Dead().front().error, "status 410");
}

TEST_F(SenderTest, WhatMayNotBeReachedIsNeverConnectedTo) {
  Receiver receiver;
  Allow({});
  AddEvent("evt_a", receiver.url());
  // A name that was public when the alert was made.
  AddEvent("evt_b", fmt::format("https://rebound.example:{}/", receiver.url().substr(17, 5)));
  Allow({}, [](const std::string&, base::Deadline) {
    return base::Result<std::vector<http_client::IpAddress>>(
        {*http_client::IpAddress::Parse("127.0.0.1")});
  });
  EXPECT_EQ(Send(), 2U);
  EXPECT_EQ(receiver.connections(), 0);
  ASSERT_THAT(Dead(), SizeIs(2));
  EXPECT_THAT(Dead().front().error, Not(HasSubstr("127.0.0.1")));
  EXPECT_EQ(breaker_.counts().failed, 0U) << "which says nothing of the network";
}

TEST_F(SenderTest, PlainHttpIsForAllowedAddressesOnly) {
  const auto deadline = base::Deadline::After(clock_, std::chrono::seconds(60));
  const auto public_address = [](const std::string&, base::Deadline) {
    return base::Result<std::vector<http_client::IpAddress>>(
        {*http_client::IpAddress::Parse("93.184.216.34")});
  };
  Allow({"10.1.0.0/16"}, public_address);
  EXPECT_TRUE(webhooks_->Check("https://example.org/hook", deadline).ok());
  EXPECT_FALSE(webhooks_->Check("http://example.org/hook", deadline).ok());
  Allow({"10.1.0.0/16"});
  EXPECT_TRUE(webhooks_->Check("http://10.1.2.3/hook", deadline).ok());
  for (const char* url :
       {"http://10.2.2.3/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
        "https://0x7f000001/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest", "https://localhost/", "https://nowhere.invalid/"}) {
    const auto checked = webhooks_->Check(url, deadline);
    ASSERT_FALSE(checked.ok()) << url;
    EXPECT_EQ(checked.error().message(),
              "field 'url': must be https, at a host whose addresses are all public");
  }
}

TEST_F(SenderTest, AnotherKeySignsNothing) {
  Receiver receiver;
  AddEvent("evt_a", receiver.url(), "0123456789abcdef");
  Send();
  EXPECT_EQ(receiver.connections(), 0);
  ASSERT_THAT(Dead(), SizeIs(1));
  EXPECT_THAT(Dead().front().error, HasSubstr("another signing key"));
}

TEST_F(SenderTest, OneReceiverThatIsAwayHoldsUpNobodyElse) {
  Receiver receiver;
  // Port 1 of this machine, where nobody listens.
  for (const char* id : {"evt_a", "evt_b", "evt_c"}) AddEvent(id, "http://127.0.0.1:1/");
  AddEvent("evt_d", receiver.url());
  EXPECT_EQ(Send(), 2U);
  EXPECT_THAT(receiver.requests(), SizeIs(1));
  int tried = 0;
  for (const store::AlertEvent& event : Pending()) tried += event.attempts;
  EXPECT_EQ(tried, 1) << "of one that gives no answer nothing more is tried in a round";
}

TEST_F(SenderTest, NothingIsTriedWhileTheBreakerIsOpenAndNoAttemptIsCounted) {
  for (int i = 0; i < 2; ++i) breaker_.TryAcquire()->Failed();
  ASSERT_EQ(breaker_.state(), resilience::BreakerState::kOpen);
  Receiver receiver;
  AddEvent("evt_a", receiver.url());
  EXPECT_EQ(Send(), 0U);
  EXPECT_EQ(Pending().front().attempts, 0);
  clock_.Advance(std::chrono::minutes(1));
  EXPECT_EQ(Send(), 1U);
  EXPECT_THAT(receiver.requests(), SizeIs(1));
}

TEST_F(SenderTest, NobodySendsWhoMayNot) {
  Receiver receiver;
  AddEvent("evt_a", receiver.url());
  EXPECT_EQ(*sender_->SendDue([] { return false; }, {}), 0U);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(*sender_->SendDue([] { return true; }, stop.get_token()), 0U);
  EXPECT_EQ(receiver.connections(), 0);
  EXPECT_THAT(Pending(), SizeIs(1));
}

TEST_F(SenderTest, ManyReceiversAreSentToAtTheSameTimeAndEachInOrder) {
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (int i = 0; i < 8; ++i) receivers.push_back(std::make_unique<Receiver>());
  for (int i = 0; i < 40; ++i) {
    AddEvent(fmt::format("evt_{:02}", i), receivers[static_cast<std::size_t>(i) % 8]->url());
  }
  EXPECT_EQ(Send(), 40U);
  EXPECT_THAT(Pending(), IsEmpty());
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    std::vector<std::string> ids;
    for (const std::string& request : receivers[i]->requests()) {
      ids.push_back(FieldOf(request, "Webhook-Id"));
    }
    EXPECT_THAT(ids, ElementsAre(fmt::format("evt_{:02}", i), fmt::format("evt_{:02}", i + 8),
                                 fmt::format("evt_{:02}", i + 16), fmt::format("evt_{:02}", i + 24),
                                 fmt::format("evt_{:02}", i + 32)));
  }
}

}  // namespace
}  // namespace geoclimate::alerts
