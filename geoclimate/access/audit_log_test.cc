#include "geoclimate/access/audit_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::access {
namespace {

constexpr std::chrono::milliseconds kRetry{1};

// Keeps what it is told, until it fails.
class FailingStore final : public store::AuditStore {
 public:
  base::Result<std::int64_t> Append(const store::AuditRecord& record) override {
    const base::MutexLock lock(mutex);
    if (failing) return base::Unavailable("the disk is full");
    records.push_back(record);
    return static_cast<std::int64_t>(records.size());
  }
  base::Result<void> AppendAll(std::span<const store::AuditRecord> all) override {
    for (const store::AuditRecord& record : all) {
      if (record.subject == "never") return base::InvalidArgument("not this one");
    }
    for (const store::AuditRecord& record : all) GC_RETURN_IF_ERROR(Append(record));
    return {};
  }
  base::Result<std::vector<store::AuditRecord>> List(const store::AuditQuery&) override {
    const base::MutexLock lock(mutex);
    return records;
  }
  std::string Outcomes() {
    const base::MutexLock lock(mutex);
    std::string outcomes;
    for (const store::AuditRecord& record : records) outcomes += record.outcome + " ";
    return outcomes;
  }

  std::atomic<bool> failing = false;
  base::Mutex mutex;
  std::vector<store::AuditRecord> records;  // `mutex` guards them while the backlog may be at work
};

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    entry_.action = "model.promote";
    entry_.subject = "m_v2";
  }

  FailingStore store_;
  base::FakeClock clock_{base::Timestamp(std::chrono::hours(1))};
  AuditLog log_{store_, clock_, nullptr, {.most_waiting = 3, .retry_interval = kRetry}};
  AuditEntry entry_;
};

TEST_F(AuditLogTest, AChangeStandsBetweenItsTwoRecords) {
  const auto result = Audited(&log_, entry_, [&]() -> base::Result<void> {
    EXPECT_EQ(store_.records.size(), 1U);
    entry_.from = "m_v1";
    entry_.to = "m_v2";
    return {};
  });
  EXPECT_TRUE(result.ok());
  ASSERT_EQ(store_.records.size(), 2U);
  EXPECT_EQ(store_.records[0].outcome, "started");
  EXPECT_EQ(store_.records[1].outcome, "done");
  EXPECT_EQ(store_.records[1].from, "m_v1");
  EXPECT_EQ(store_.records[1].subject, "m_v2");
}

TEST_F(AuditLogTest, AChangeThatFailsIsRecordedWithItsCode) {
  const auto result = Audited(
      &log_, entry_, []() -> base::Result<void> { return base::NotFound("no such model"); });
  EXPECT_EQ(result.error().code(), base::ErrorCode::kNotFound);
  EXPECT_EQ(store_.records.back().outcome, "NOT_FOUND");
}

TEST_F(AuditLogTest, WhatCannotBeRecordedIsNotMade) {
  store_.failing = true;
  bool made = false;
  const auto result = Audited(&log_, entry_, [&]() -> base::Result<void> {
    made = true;
    return {};
  });
  EXPECT_EQ(result.error().code(), base::ErrorCode::kUnavailable);
  EXPECT_FALSE(made);
}

TEST_F(AuditLogTest, AnEndWaitsForTheStoreAndKeepsItsTime) {
  const auto result = Audited(&log_, entry_, [&]() -> base::Result<void> {
    store_.failing = true;
    return {};
  });
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(log_.waiting(), 1U);
  EXPECT_EQ(store_.Outcomes(), "started ");
  const base::Timestamp ended_at = clock_.Now();
  clock_.Advance(std::chrono::hours(1));
  store_.failing = false;
  while (log_.waiting() > 0) std::this_thread::yield();
  EXPECT_EQ(store_.Outcomes(), "started done ");
  EXPECT_EQ(store_.records.back().at, ended_at);
}

TEST_F(AuditLogTest, WhatWaitsKeepsItsOrder) {
  store_.failing = true;
  for (const char* const subject : {"1", "2", "3"}) {
    entry_.subject = subject;
    log_.Note(entry_);
  }
  EXPECT_EQ(log_.waiting(), 3U);
  store_.failing = false;
  while (log_.waiting() > 0) std::this_thread::yield();
  const base::MutexLock lock(store_.mutex);
  ASSERT_EQ(store_.records.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(store_.records[i].subject, std::to_string(i + 1));
    EXPECT_EQ(store_.records[i].outcome, "done");
  }
}

TEST(AuditBacklogTest, WhatFindsNoRoomOrStillWaitsAtTheEndIsCounted) {
  FailingStore store;
  const base::FakeClock clock{base::Timestamp(std::chrono::hours(1))};
  telemetry::MetricRegistry metrics;
  const auto shown = [&metrics] {
    std::string text;
    metrics.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  };
  store.failing = true;
  {
    AuditLog log(store, clock, &metrics, {.most_waiting = 3, .retry_interval = kRetry});
    for (int i = 0; i < 5; ++i) log.Note({});
    EXPECT_THAT(shown(), ::testing::HasSubstr("audit_records_lost_total 2\n"));
    EXPECT_THAT(shown(), ::testing::HasSubstr("audit_records_waiting 3"));
  }
  EXPECT_THAT(shown(), ::testing::HasSubstr("audit_records_lost_total 5\n"));
  EXPECT_EQ(store.Outcomes(), "");
}

TEST_F(AuditLogTest, WhatTheStoreNeverTakesDoesNotHoldUpTheRest) {
  store_.failing = true;
  for (const char* const subject : {"1", "never", "3"}) {
    entry_.subject = subject;
    log_.Note(entry_);
  }
  store_.failing = false;
  while (log_.waiting() > 0) std::this_thread::yield();
  const base::MutexLock lock(store_.mutex);
  ASSERT_EQ(store_.records.size(), 2U);
  EXPECT_EQ(store_.records[1].subject, "3");
}

TEST(AuditBacklogTest, TheEndWaitsForWhatTheStoreTakes) {
  FailingStore store;
  const base::FakeClock clock{base::Timestamp(std::chrono::hours(1))};
  {
    AuditLog log(store, clock);
    for (int i = 0; i < 500; ++i) log.Note({});
  }
  EXPECT_EQ(store.records.size(), 500U);
}

TEST_F(AuditLogTest, TextsAreMadeReadable) {
  entry_.reason = std::string("a\0b\x1b[2J\xc2\x9b\xff \xc3\xa9", 13);
  entry_.subject = std::string(3000, 'x');
  ASSERT_TRUE(log_.Start(entry_).ok());
  EXPECT_EQ(store_.records[0].reason, "a b [2J ? \xc3\xa9");
  EXPECT_EQ(store_.records[0].subject.size(), 2048U);
}

TEST_F(AuditLogTest, WithoutALogTheChangeIsMade) {
  EXPECT_TRUE(Audited(nullptr, entry_, []() -> base::Result<void> { return {}; }).ok());
}

}  // namespace
}  // namespace geoclimate::access
