#pragma once

// What every AuditStore must do; used as observation_store_conformance.h is.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/audit_store.h"

namespace geoclimate::store {

class AuditPlace {
 public:
  virtual ~AuditPlace() = default;
  virtual base::Result<std::unique_ptr<AuditStore>> Open(const base::Clock& clock) = 0;
};

using AuditPlaceFactory = std::function<std::unique_ptr<AuditPlace>()>;

class AuditStoreConformance : public ::testing::TestWithParam<AuditPlaceFactory> {
 protected:
  AuditStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(1))};
  std::unique_ptr<AuditPlace> place_;
  std::unique_ptr<AuditStore> store_;
};

TEST_P(AuditStoreConformance, RecordsComeBackWholeAndTheNewestFirst) {
  AuditRecord record;
  record.actor = "key gsc_a (the 'ops' \"team\")";
  record.address = "192.0.2.1";
  record.action = "model.promote";
  record.subject = "pm25_d1_v2";
  record.from = "pm25_d1_v1";
  record.to = "pm25_d1_v2";
  record.reason = "skill; DROP TABLE audit";
  record.request_id = "r-1";
  record.outcome = "started";
  const auto first = store_->Append(record);
  ASSERT_TRUE(first.ok());
  clock_.Advance(std::chrono::seconds(1));
  AuditRecord ended = record;
  ended.outcome = "done";
  const auto second = store_->Append(ended);
  ASSERT_TRUE(second.ok());
  EXPECT_LT(*first, *second);
  Reopen();
  record.id = *first;
  record.at = base::Timestamp(std::chrono::hours(1));
  ended.id = *second;
  ended.at = record.at + std::chrono::seconds(1);
  const auto records = store_->List({});
  ASSERT_TRUE(records.ok());
  EXPECT_EQ(*records, (std::vector<AuditRecord>{ended, record}));
}

TEST_P(AuditStoreConformance, PagesFollowOneAnother) {
  for (int i = 0; i < 7; ++i) {
    AuditRecord record;
    record.subject = std::to_string(i);
    ASSERT_TRUE(store_->Append(record).ok());
  }
  std::string seen;
  AuditQuery query{.before = std::nullopt, .limit = 3};
  for (int page = 0; page < 4; ++page) {
    const auto records = store_->List(query);
    ASSERT_TRUE(records.ok());
    for (const AuditRecord& record : *records) {
      seen += record.subject;
      query.before = record.id;
    }
  }
  EXPECT_EQ(seen, "6543210");
}

TEST_P(AuditStoreConformance, ARecordThatWaitedKeepsItsTimeAndIsAddedOnce) {
  AuditRecord late;
  late.at = clock_.Now() - std::chrono::minutes(5);
  late.action = "cache.clear";
  late.request_id = "r-2";
  late.outcome = "done";
  ASSERT_TRUE(store_->Append({}).ok());
  const auto first = store_->Append(late);
  ASSERT_TRUE(first.ok());
  // The answer was lost, so it is told again.
  const auto again = store_->Append(late);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *first);
  AuditRecord other = late;
  other.outcome = "started";
  ASSERT_TRUE(store_->Append(other).ok());
  const auto records = store_->List({});
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ((*records)[1].at, late.at);
  EXPECT_EQ((*records)[2].at, clock_.Now());
}

TEST_P(AuditStoreConformance, WhatWaitedTogetherIsAddedTogetherAndOnce) {
  std::vector<AuditRecord> records(5);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].at = clock_.Now() + std::chrono::microseconds(i % 2);
    records[i].subject = std::to_string(i);
  }
  const std::span<const AuditRecord> all(records);
  ASSERT_TRUE(store_->AppendAll(all.first(3)).ok());
  // The answer was lost, and more has come since.
  ASSERT_TRUE(store_->AppendAll(all).ok());
  ASSERT_TRUE(store_->AppendAll({}).ok());
  const auto kept = store_->List({});
  ASSERT_EQ(kept->size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].id = (*kept)[records.size() - 1 - i].id;
    EXPECT_EQ((*kept)[records.size() - 1 - i], records[i]);
  }
}

}  // namespace geoclimate::store
