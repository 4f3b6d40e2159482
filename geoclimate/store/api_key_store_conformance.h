#pragma once

// What every ApiKeyStore must do; used as observation_store_conformance.h is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/api_key_store.h"

namespace geoclimate::store {

class ApiKeyPlace {
 public:
  virtual ~ApiKeyPlace() = default;
  virtual base::Result<std::unique_ptr<ApiKeyStore>> Open(const base::Clock& clock) = 0;
};

using ApiKeyPlaceFactory = std::function<std::unique_ptr<ApiKeyPlace>()>;

class ApiKeyStoreConformance : public ::testing::TestWithParam<ApiKeyPlaceFactory> {
 protected:
  ApiKeyStoreConformance() : place_(GetParam()()) { Reopen(); }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    store_ = *std::move(opened);
  }

  static base::Timestamp At(int hours) { return base::Timestamp(std::chrono::hours(hours)); }
  static ApiKeyRecord Make(const std::string& prefix, int created_hours = 1) {
    ApiKeyRecord key;
    key.prefix = prefix;
    key.name = "the 'city' of " + prefix;
    key.digest = formats::Sha256(prefix + "secret");
    key.scopes = "predict,read";
    key.created_at = At(created_hours);
    return key;
  }
  static ApiKeyReport Report(std::uint64_t number, std::vector<ApiKeyUse> uses,
                             const std::string& recorder = "process") {
    return {.recorder = recorder, .number = number, .uses = std::move(uses)};
  }
  ApiKeyRecord Find(std::string_view prefix) {
    const auto keys = store_->List();
    for (const ApiKeyRecord& key : *keys) {
      if (key.prefix == prefix) return key;
    }
    return {};
  }

  base::FakeClock clock_{base::Timestamp(std::chrono::hours(1))};
  std::unique_ptr<ApiKeyPlace> place_;
  std::unique_ptr<ApiKeyStore> store_;
};

TEST_P(ApiKeyStoreConformance, AKeyIsGivenBackAsItWasAdded) {
  ApiKeyRecord limited = Make("gsc_b", 2);
  limited.expires_at = At(100);
  limited.requests_per_minute = 60;
  limited.daily_rows = 1'000'000'000'000;
  ASSERT_TRUE(store_->Add(limited).ok());
  ASSERT_TRUE(store_->Add(Make("gsc_a", 1)).ok());
  Reopen();
  EXPECT_THAT(*store_->List(), ::testing::ElementsAre(Make("gsc_a", 1), limited));
}

TEST_P(ApiKeyStoreConformance, APrefixOrADigestIsThereOnce) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  EXPECT_EQ(store_->Add(Make("gsc_a")).error().code(), base::ErrorCode::kAlreadyExists);
  ApiKeyRecord same_secret = Make("gsc_b");
  same_secret.digest = Make("gsc_a").digest;
  EXPECT_EQ(store_->Add(same_secret).error().code(), base::ErrorCode::kAlreadyExists);
  EXPECT_EQ(store_->List()->size(), 1U);
}

TEST_P(ApiKeyStoreConformance, TheFirstRevocationStays) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  ASSERT_TRUE(store_->Revoke("gsc_a", At(5)).ok());
  ASSERT_TRUE(store_->Revoke("gsc_a", At(7)).ok());
  EXPECT_EQ(Find("gsc_a").revoked_at, At(5));
  EXPECT_EQ(store_->Revoke("gsc_x", At(5)).error().code(), base::ErrorCode::kNotFound);
}

TEST_P(ApiKeyStoreConformance, ARotationAddsTheSuccessorAndEndsTheKey) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  ASSERT_TRUE(store_->Rotate("gsc_a", Make("gsc_b", 3), At(9)).ok());
  EXPECT_EQ(Find("gsc_a").expires_at, At(9));
  EXPECT_EQ(Find("gsc_a").successor, "gsc_b");
  EXPECT_EQ(Find("gsc_b").digest, Make("gsc_b").digest);
  EXPECT_EQ(store_->Rotate("gsc_a", Make("gsc_c"), At(9)).error().code(),
            base::ErrorCode::kFailedPrecondition);
}

TEST_P(ApiKeyStoreConformance, ARotationDoesNotMakeAKeyLiveLonger) {
  ApiKeyRecord ending = Make("gsc_a");
  ending.expires_at = At(4);
  ASSERT_TRUE(store_->Add(ending).ok());
  ASSERT_TRUE(store_->Rotate("gsc_a", Make("gsc_b"), At(9)).ok());
  EXPECT_EQ(Find("gsc_a").expires_at, At(4));
}

TEST_P(ApiKeyStoreConformance, ARotationThatFailsChangesNothing) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  ASSERT_TRUE(store_->Add(Make("gsc_b")).ok());
  const std::int64_t before = *store_->Revision();
  EXPECT_EQ(store_->Rotate("gsc_x", Make("gsc_c"), At(9)).error().code(),
            base::ErrorCode::kNotFound);
  EXPECT_EQ(store_->Rotate("gsc_a", Make("gsc_b"), At(9)).error().code(),
            base::ErrorCode::kAlreadyExists);
  ASSERT_TRUE(store_->Revoke("gsc_b", At(2)).ok());
  EXPECT_EQ(store_->Rotate("gsc_b", Make("gsc_c"), At(9)).error().code(),
            base::ErrorCode::kFailedPrecondition);
  EXPECT_EQ(*store_->Revision(), before + 1);
  EXPECT_EQ(Find("gsc_a"), Make("gsc_a"));
  EXPECT_EQ(store_->List()->size(), 2U);
}

TEST_P(ApiKeyStoreConformance, TheRevisionRisesWithEachChangeAndNotWithUse) {
  EXPECT_EQ(*store_->Revision(), 0);
  std::vector<std::int64_t> seen;
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  seen.push_back(*store_->Revision());
  ASSERT_TRUE(store_->Rotate("gsc_a", Make("gsc_b"), At(9)).ok());
  seen.push_back(*store_->Revision());
  ASSERT_TRUE(store_->Revoke("gsc_a", At(5)).ok());
  seen.push_back(*store_->Revision());
  EXPECT_TRUE(0 < seen[0] && seen[0] < seen[1] && seen[1] < seen[2]);
  ASSERT_TRUE(store_->RecordUse(Report(1, {{"gsc_b", At(6), base::DayFromNumber(0), 1, 1}})).ok());
  EXPECT_EQ(*store_->Revision(), seen[2]);
}

TEST_P(ApiKeyStoreConformance, UsesAreAddedUpByDay) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  ASSERT_TRUE(store_->Add(Make("gsc_b")).ok());
  const base::LocalDay today = base::DayFromNumber(20'000);
  const std::vector<ApiKeyUse> uses = {{"gsc_a", At(6), today, 2, 200},
                                       {"gsc_b", At(7), today, 1, 1},
                                       {"gsc_a", At(5), today, 1, 5},
                                       {"gsc_x", At(7), today, 1, 1},
                                       {"gsc_a", At(4), today - std::chrono::days(1), 9, 9}};
  ASSERT_TRUE(store_->RecordUse(Report(1, uses)).ok());
  Reopen();
  EXPECT_THAT(*store_->UsageOf(today),
              ::testing::ElementsAre(ApiKeyUsage{"gsc_a", 3, 205}, ApiKeyUsage{"gsc_b", 1, 1}));
  EXPECT_EQ(Find("gsc_a").last_used_at, At(6));
}

// A commit whose answer was lost: who told of it cannot know, and tells again.
TEST_P(ApiKeyStoreConformance, AReportCountsOnceHoweverOftenItIsTold) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  const base::LocalDay today = base::DayFromNumber(20'000);
  const std::vector<ApiKeyUse> use = {{"gsc_a", At(6), today, 2, 200}};
  ASSERT_TRUE(store_->RecordUse(Report(1, use)).ok());
  ASSERT_TRUE(store_->RecordUse(Report(1, use)).ok());
  Reopen();
  ASSERT_TRUE(store_->RecordUse(Report(1, use)).ok());
  EXPECT_THAT(*store_->UsageOf(today), ::testing::ElementsAre(ApiKeyUsage{"gsc_a", 2, 200}));
  ASSERT_TRUE(store_->RecordUse(Report(2, use)).ok());
  ASSERT_TRUE(store_->RecordUse(Report(1, use, "another process")).ok());
  EXPECT_THAT(*store_->UsageOf(today), ::testing::ElementsAre(ApiKeyUsage{"gsc_a", 6, 600}));
}

TEST_P(ApiKeyStoreConformance, WhatProcessesTellAtTheSameTimeIsAllCounted) {
  ASSERT_TRUE(store_->Add(Make("gsc_a")).ok());
  ASSERT_TRUE(store_->Add(Make("gsc_b")).ok());
  const base::LocalDay today = base::DayFromNumber(20'000);
  constexpr std::uint64_t kReports = 10;
  std::vector<std::thread> processes;
  for (const char* const name : {"first", "second", "third"}) {
    auto opened = place_->Open(clock_);
    ASSERT_TRUE(opened.ok());
    processes.emplace_back([&, name, store = std::shared_ptr<ApiKeyStore>(*std::move(opened))] {
      for (std::uint64_t number = 1; number <= kReports; ++number) {
        const ApiKeyUse a{"gsc_a", At(static_cast<int>(number)), today, 1, 10};
        const ApiKeyUse b{"gsc_b", At(2), today, 1, 1};
        // In another order each: rows must not be waited for crosswise.
        const auto told = store->RecordUse(Report(
            number, number % 2 == 0 ? std::vector<ApiKeyUse>{a, b} : std::vector<ApiKeyUse>{b, a},
            name));
        EXPECT_TRUE(told.ok()) << told.error().ToString();
      }
    });
  }
  for (std::thread& process : processes) process.join();
  EXPECT_THAT(*store_->UsageOf(today),
              ::testing::ElementsAre(ApiKeyUsage{"gsc_a", 30, 300}, ApiKeyUsage{"gsc_b", 30, 30}));
  EXPECT_EQ(Find("gsc_a").last_used_at, At(10));
}

}  // namespace geoclimate::store
