#include "geoclimate/access/audit_log.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace geoclimate::access {
namespace {

// Keeps what it is told, until it fails.
class FailingStore final : public store::AuditStore {
 public:
  base::Result<std::int64_t> Append(const store::AuditRecord& record) override {
    if (failing) return base::Unavailable("the disk is full");
    records.push_back(record);
    return static_cast<std::int64_t>(records.size());
  }
  base::Result<std::vector<store::AuditRecord>> List(const store::AuditQuery&) override {
    return records;
  }

  bool failing = false;
  std::vector<store::AuditRecord> records;
};

class AuditLogTest : public testing::Test {
 protected:
  AuditLogTest() {
    entry_.action = "model.promote";
    entry_.subject = "m_v2";
  }

  FailingStore store_;
  AuditLog log_{store_};
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

TEST_F(AuditLogTest, ALostEndLeavesTheStart) {
  const auto result = Audited(&log_, entry_, [&]() -> base::Result<void> {
    store_.failing = true;
    return {};
  });
  EXPECT_TRUE(result.ok());
  ASSERT_EQ(store_.records.size(), 1U);
  EXPECT_EQ(store_.records[0].outcome, "started");
}

TEST_F(AuditLogTest, WithoutALogTheChangeIsMade) {
  EXPECT_TRUE(Audited(nullptr, entry_, []() -> base::Result<void> { return {}; }).ok());
}

}  // namespace
}  // namespace geoclimate::access
