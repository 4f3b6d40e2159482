#pragma once

// What every AlertStore must do; used as observation_store_conformance.h is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/alert_store.h"

namespace geoclimate::store {

class AlertPlace {
 public:
  virtual ~AlertPlace() = default;
  virtual base::Result<std::unique_ptr<AlertStore>> Open(const base::Clock& clock) = 0;
};

using AlertPlaceFactory = std::function<std::unique_ptr<AlertPlace>()>;

class AlertStoreConformance : public ::testing::TestWithParam<AlertPlaceFactory> {
 protected:
  AlertStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  static base::Timestamp At(int minutes) { return base::Timestamp(std::chrono::minutes(minutes)); }
  static AlertRecord Alert(const std::string& id, int created = 1,
                           const std::string& owner = "key city") {
    AlertRecord alert;
    alert.id = id;
    alert.owner = owner;
    alert.created_at = At(created);
    alert.rule = R"({"name":"the 'school' \" district; DROP TABLE alerts"})";
    alert.key_id = "0123abcd";
    return alert;
  }
  static AlertEvent Event(const std::string& id, const std::string& alert, int due = 5) {
    AlertEvent event;
    event.id = id;
    event.alert = alert;
    event.key_id = "0123abcd";
    event.target = "https://example.org/hook?a=b";
    event.body = R"({"aqi":151,"name":"é"})";
    event.created_at = At(due);
    event.due_at = At(due);
    return event;
  }
  void AddWithEvents(const std::string& alert, const std::vector<AlertEvent>& events,
                     const std::string& owner = "key city") {
    ASSERT_TRUE(store_->Add(Alert(alert, 1, owner), 100).ok());
    std::int64_t turn = 0;
    for (const AlertEvent& event : events) {
      ASSERT_TRUE(
          store_->Advance(alert, turn++, {.phase = 2, .episode = {}, .last_event_at = {}}, event)
              .ok());
    }
  }
  std::vector<std::string> Due(int minutes, std::size_t limit = 100) {
    std::vector<std::string> ids;
    const auto due = store_->Due(At(minutes), limit);
    EXPECT_TRUE(due.ok());
    for (const AlertEvent& event : *due) ids.push_back(event.id);
    return ids;
  }
  std::vector<std::string> Dead(const DeadLetterQuery& query = {}) {
    std::vector<std::string> ids;
    const auto dead = store_->DeadLetters(query);
    EXPECT_TRUE(dead.ok());
    for (const AlertEvent& event : *dead) ids.push_back(event.id);
    return ids;
  }
  static AlertEvent Given(AlertEvent event, int ended) {
    event.attempts = 8;
    event.error = "status 500";
    event.ended_at = At(ended);
    return event;
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(1))};
  std::unique_ptr<AlertPlace> place_;
  std::unique_ptr<AlertStore> store_;
};

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(AlertStoreConformance, AnAlertIsGivenBackAsItWasAdded) {
  AlertRecord told = Alert("alr_b", 2);
  told.progress = {.phase = 2, .episode = "2026-11-29", .last_event_at = At(7)};
  told.turn = 4;
  ASSERT_TRUE(store_->Add(told, 100).ok());
  ASSERT_TRUE(store_->Add(Alert("alr_c", 1), 100).ok());
  ASSERT_TRUE(store_->Add(Alert("alr_a", 1), 100).ok());
  Reopen();
  EXPECT_THAT(*store_->List(), ElementsAre(Alert("alr_a", 1), Alert("alr_c", 1), told));
  EXPECT_EQ(*store_->Find("alr_b"), told);
  EXPECT_EQ(store_->Find("alr_x").error().code(), base::ErrorCode::kNotFound);
}

TEST_P(AlertStoreConformance, AnIdIsThereOnceAndAnOwnerHasSoManyAndNoMore) {
  ASSERT_TRUE(store_->Add(Alert("alr_a"), 2).ok());
  EXPECT_EQ(store_->Add(Alert("alr_a", 2, "key other"), 2).error().code(),
            base::ErrorCode::kAlreadyExists);
  ASSERT_TRUE(store_->Add(Alert("alr_b"), 2).ok());
  EXPECT_EQ(store_->Add(Alert("alr_c"), 2).error().code(), base::ErrorCode::kResourceExhausted);
  EXPECT_TRUE(store_->Add(Alert("alr_c", 1, "key other"), 2).ok());
  EXPECT_EQ(store_->List()->size(), 3U);
}

TEST_P(AlertStoreConformance, AnAlertMovesOnFromTheTurnThatWasReadOnly) {
  ASSERT_TRUE(store_->Add(Alert("alr_a"), 100).ok());
  const AlertProgress progress{.phase = 1, .episode = "2026-11-29", .last_event_at = At(3)};
  ASSERT_TRUE(store_->Advance("alr_a", 0, progress, std::nullopt).ok());
  EXPECT_EQ(store_->Find("alr_a")->progress, progress);
  EXPECT_EQ(store_->Find("alr_a")->turn, 1);
  const AlertProgress other{.phase = 2, .episode = "", .last_event_at = {}};
  EXPECT_EQ(store_->Advance("alr_a", 0, other, Event("evt_a", "alr_a")).error().code(),
            base::ErrorCode::kAborted);
  EXPECT_EQ(store_->Advance("alr_x", 0, other, Event("evt_a", "alr_x")).error().code(),
            base::ErrorCode::kAborted);
  EXPECT_EQ(store_->Find("alr_a")->progress, progress);
  EXPECT_THAT(Due(100), IsEmpty()) << "neither the alert nor the event";
}

TEST_P(AlertStoreConformance, AnEventIsThereWithTheTurnThatItComesOf) {
  AddWithEvents("alr_a", {Event("evt_a", "alr_a", 5)});
  Reopen();
  EXPECT_EQ(store_->Find("alr_a")->progress.phase, 2);
  EXPECT_THAT(*store_->Due(At(5), 10), ElementsAre(Event("evt_a", "alr_a", 5)));
}

TEST_P(AlertStoreConformance, EventsAreDueInTheirOrderAndNotBefore) {
  AddWithEvents("alr_a", {Event("evt_c", "alr_a", 7), Event("evt_b", "alr_a", 5),
                          Event("evt_a", "alr_a", 5)});
  EXPECT_THAT(Due(4), IsEmpty());
  EXPECT_THAT(Due(5), ElementsAre("evt_a", "evt_b"));
  EXPECT_THAT(Due(7), ElementsAre("evt_a", "evt_b", "evt_c"));
  EXPECT_THAT(Due(7, 1), ElementsAre("evt_a"));
}

TEST_P(AlertStoreConformance, WhatHasArrivedIsGoneAndWhatHasNotComesAgainLater) {
  AddWithEvents("alr_a", {Event("evt_a", "alr_a"), Event("evt_b", "alr_a")});
  ASSERT_TRUE(store_->Delivered("evt_a").ok());
  ASSERT_TRUE(store_->Delivered("evt_a").ok());
  AlertEvent later = Event("evt_b", "alr_a");
  later.attempts = 3;
  later.error = "no connection";
  later.due_at = At(60);
  ASSERT_TRUE(store_->Postpone(later).ok());
  ASSERT_TRUE(store_->Postpone(Event("evt_a", "alr_a")).ok());
  EXPECT_THAT(Due(59), IsEmpty());
  EXPECT_THAT(*store_->Due(At(60), 10), ElementsAre(later));
}

TEST_P(AlertStoreConformance, WhatIsGivenUpIsADeadLetterUntilItIsRevived) {
  AddWithEvents("alr_a", {Event("evt_a", "alr_a"), Event("evt_b", "alr_a")});
  AddWithEvents("alr_b", {Event("evt_c", "alr_b")}, "token sub");
  for (const auto& [id, alert, ended] :
       {std::tuple("evt_a", "alr_a", 10), {"evt_b", "alr_a", 11}, {"evt_c", "alr_b", 12}}) {
    ASSERT_EQ(*store_->Bury(Given(Event(id, alert), ended), 100), 0U);
  }
  EXPECT_THAT(Due(100), IsEmpty());
  EXPECT_THAT(Dead(), ElementsAre("evt_c", "evt_b", "evt_a"));
  EXPECT_THAT(Dead({.owner = {}, .limit = 1}), ElementsAre("evt_c"));
  EXPECT_THAT(Dead({.owner = "key city"}), ElementsAre("evt_b", "evt_a"));
  EXPECT_EQ(store_->DeadLetters({})->back(), Given(Event("evt_a", "alr_a"), 10));

  EXPECT_EQ(store_->Revive("evt_c", "key city", At(20)).error().code(), base::ErrorCode::kNotFound);
  ASSERT_TRUE(store_->Revive("evt_a", "key city", At(20)).ok());
  EXPECT_EQ(store_->Revive("evt_a", std::nullopt, At(20)).error().code(),
            base::ErrorCode::kNotFound)
      << "it is on its way already";
  ASSERT_TRUE(store_->Revive("evt_c", std::nullopt, At(20)).ok());
  EXPECT_THAT(Due(19), IsEmpty());
  EXPECT_THAT(Due(20), ElementsAre("evt_a", "evt_c"));
  EXPECT_EQ(store_->Due(At(20), 1)->front().attempts, 0);
  EXPECT_THAT(Dead(), ElementsAre("evt_b"));
}

TEST_P(AlertStoreConformance, OfDeadLettersTheNewestStay) {
  std::vector<AlertEvent> events;
  for (int i = 0; i < 5; ++i) events.push_back(Event("evt_" + std::to_string(i), "alr_a"));
  AddWithEvents("alr_a", events);
  EXPECT_EQ(*store_->Bury(Given(events[3], 1), 2), 0U);
  EXPECT_EQ(*store_->Bury(Given(events[0], 2), 2), 0U);
  EXPECT_EQ(*store_->Bury(Given(events[1], 3), 2), 1U);
  EXPECT_THAT(Dead(), ElementsAre("evt_1", "evt_0"));
  EXPECT_EQ(*store_->Bury(Given(events[2], 4), 0), 3U);
  EXPECT_THAT(Dead(), IsEmpty());
  EXPECT_THAT(Due(100), ElementsAre("evt_4"));
}

TEST_P(AlertStoreConformance, WithAnAlertGoesAllThatIsOfIt) {
  AddWithEvents("alr_a", {Event("evt_a", "alr_a"), Event("evt_b", "alr_a")});
  AddWithEvents("alr_b", {Event("evt_c", "alr_b")});
  ASSERT_TRUE(store_->Bury(Given(Event("evt_b", "alr_a"), 9), 100).ok());
  ASSERT_TRUE(store_->Remove("alr_a").ok());
  EXPECT_EQ(store_->Remove("alr_a").error().code(), base::ErrorCode::kNotFound);
  EXPECT_THAT(Due(100), ElementsAre("evt_c"));
  EXPECT_THAT(Dead(), IsEmpty());
}

TEST_P(AlertStoreConformance, ASummaryTellsWhatThereIs) {
  EXPECT_EQ(*store_->Summary(), AlertSummary());
  AddWithEvents("alr_a", {Event("evt_a", "alr_a", 5), Event("evt_b", "alr_a", 6)});
  ASSERT_TRUE(store_->Add(Alert("alr_b", 9), 100).ok());
  ASSERT_TRUE(
      store_->Advance("alr_b", 0, {.phase = 1, .episode = {}, .last_event_at = {}}, std::nullopt)
          .ok());
  ASSERT_TRUE(store_->Bury(Given(Event("evt_a", "alr_a"), 9), 100).ok());
  EXPECT_EQ(*store_->Summary(), (AlertSummary{.alerts = 2,
                                              .newest = At(9),
                                              .unsettled = 1,
                                              .pending = 1,
                                              .oldest_pending = At(6),
                                              .dead = 1}));
}

}  // namespace geoclimate::store
