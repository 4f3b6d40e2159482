#pragma once

// What every PredictionLogStore must do; used as observation_store_conformance.h is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/clock.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::store {

class PredictionLogPlace {
 public:
  virtual ~PredictionLogPlace() = default;
  virtual base::Result<std::unique_ptr<PredictionLogStore>> Open(const base::Clock& clock) = 0;
};

using PredictionLogPlaceFactory = std::function<std::unique_ptr<PredictionLogPlace>()>;

class PredictionLogStoreConformance : public ::testing::TestWithParam<PredictionLogPlaceFactory> {
 protected:
  using Inserted = PredictionLogStore::Inserted;

  PredictionLogStoreConformance() : place_(GetParam()()), store_(Open()) {}

  std::unique_ptr<PredictionLogStore> Open() {
    auto opened = place_->Open(clock_);
    GC_CHECK(opened.ok(), opened.error().ToString().c_str());
    return *std::move(opened);
  }

  static base::LocalDay Day(int number) { return base::DayFromNumber(20'000 + number); }
  static std::string Id(int number) { return fmt::format("{:032x}", number); }

  // Numbered from `first` on, at noon of the day.
  static PredictionBatch Make(int id, int day, int first, int count,
                              const std::string& model = "pm25_d1_v1_20240131_120000") {
    PredictionBatch batch;
    batch.id = Id(id);
    for (int i = 0; i < count; ++i) {
      LoggedPrediction one;
      one.at = base::DayStart(Day(day), std::chrono::hours(-12));
      one.model_id = model;
      one.request_id = fmt::format("r{}", first + i);
      one.row = {static_cast<float>(first + i), 2};
      one.outputs = {7.5};
      batch.predictions.push_back(std::move(one));
    }
    return batch;
  }

  Inserted MustInsert(const PredictionBatch& batch) {
    const auto inserted = store_->Insert(batch);
    EXPECT_TRUE(inserted.ok()) << inserted.error().ToString();
    return inserted.ok() ? *inserted : Inserted::kBefore;
  }

  // Request ids, sorted.
  std::vector<std::string> Ids(int day, const std::string& model = "pm25_d1_v1_20240131_120000",
                               std::size_t most = 1'000'000) {
    std::vector<std::string> ids;
    const auto visited = store_->Sample(
        model, Day(day), most,
        [&](const LoggedPrediction& prediction) { ids.push_back(prediction.request_id); });
    EXPECT_TRUE(visited.ok()) << visited.error().ToString();
    std::ranges::sort(ids);
    return ids;
  }
  PredictionLogSize MustMaintain(const PredictionLogBounds& bounds, int today) {
    const auto size = store_->Maintain(bounds, Day(today));
    EXPECT_TRUE(size.ok()) << size.error().ToString();
    return size.ok() ? *size : PredictionLogSize{};
  }

  base::FakeClock clock_{base::DayStart(Day(0), std::chrono::hours(-12))};
  std::unique_ptr<PredictionLogPlace> place_;
  std::unique_ptr<PredictionLogStore> store_;
};

TEST_P(PredictionLogStoreConformance, APredictionIsGivenBackAsItWasInserted) {
  PredictionBatch batch = Make(1, 0, 1, 1);
  LoggedPrediction& one = batch.predictions.front();
  one.at += std::chrono::microseconds(123'457);
  one.caller = "gsc_AbCd";
  one.arm = LoggedArm::kCanary;
  one.route = LoggedRoute::kGrpc;
  one.duration_us = 1.25F;
  one.row = {1, std::numeric_limits<float>::quiet_NaN(), -0.0F,
             std::numeric_limits<float>::infinity(), std::numeric_limits<float>::denorm_min()};
  one.outputs = {3, 4};
  one.p10 = 1.5;
  one.p90 = 9;
  ASSERT_EQ(MustInsert(batch), Inserted::kYes);
  store_ = Open();
  std::vector<LoggedPrediction> found;
  ASSERT_TRUE(store_
                  ->Sample(one.model_id, Day(0), 10,
                           [&](const LoggedPrediction& each) { found.push_back(each); })
                  .ok());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].at, one.at);
  EXPECT_EQ(found[0].model_id, one.model_id);
  EXPECT_EQ(found[0].request_id, one.request_id);
  EXPECT_EQ(found[0].caller, one.caller);
  EXPECT_EQ(found[0].arm, one.arm);
  EXPECT_EQ(found[0].route, one.route);
  EXPECT_EQ(found[0].duration_us, one.duration_us);
  EXPECT_EQ(found[0].outputs, one.outputs);
  EXPECT_EQ(found[0].p10, one.p10);
  EXPECT_EQ(found[0].p90, one.p90);
  ASSERT_EQ(found[0].row.size(), one.row.size());
  EXPECT_TRUE(std::isnan(found[0].row[1]));
  EXPECT_TRUE(std::signbit(found[0].row[2]));
  EXPECT_EQ(found[0].row[3], one.row[3]);
  EXPECT_EQ(found[0].row[4], one.row[4]);
}

TEST_P(PredictionLogStoreConformance, NothingOfAnIntervalOrARowIsGivenBackAsNothing) {
  PredictionBatch batch = Make(1, 0, 1, 1);
  batch.predictions.front().row.clear();
  batch.predictions.front().outputs.clear();
  batch.predictions.front().request_id.clear();
  ASSERT_EQ(MustInsert(batch), Inserted::kYes);
  int visited = 0;
  ASSERT_TRUE(store_
                  ->Sample(batch.predictions.front().model_id, Day(0), 10,
                           [&](const LoggedPrediction& one) {
                             ++visited;
                             EXPECT_TRUE(one.row.empty() && one.outputs.empty());
                             EXPECT_TRUE(one.request_id.empty() && one.caller.empty());
                             EXPECT_TRUE(std::isnan(one.p10) && std::isnan(one.p90));
                           })
                  .ok());
  EXPECT_EQ(visited, 1);
}

TEST_P(PredictionLogStoreConformance, ABatchThatComesAgainChangesNothing) {
  ASSERT_EQ(MustInsert(Make(1, 0, 1, 3)), Inserted::kYes);
  ASSERT_EQ(MustInsert(Make(1, 0, 1, 3)), Inserted::kBefore);
  store_ = Open();
  // Whatever it has in it by then.
  ASSERT_EQ(MustInsert(Make(1, 0, 7, 5)), Inserted::kBefore);
  ASSERT_EQ(MustInsert(Make(2, 0, 4, 1)), Inserted::kYes);
  EXPECT_THAT(Ids(0), ::testing::ElementsAre("r1", "r2", "r3", "r4"));
}

TEST_P(PredictionLogStoreConformance, WhoeverInsertsABatchFirstDoesSoAlone) {
  constexpr int kThreads = 4;
  constexpr int kBatches = 20;
  std::atomic<int> inserted{0};
  std::vector<std::unique_ptr<PredictionLogStore>> stores;
  for (int i = 0; i < kThreads; ++i) stores.push_back(Open());
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (const auto& store : stores) {
    threads.emplace_back([&inserted, &store] {
      for (int batch = 0; batch < kBatches; ++batch) {
        const auto done = store->Insert(Make(batch, batch % 5, 10 * batch, 3));
        EXPECT_TRUE(done.ok()) << done.error().ToString();
        if (done.ok() && *done == Inserted::kYes) ++inserted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, kBatches);
  std::size_t rows = 0;
  for (int day = 0; day < 5; ++day) rows += Ids(day).size();
  EXPECT_EQ(rows, std::size_t{3 * kBatches});
}

TEST_P(PredictionLogStoreConformance, DaysAndModelsAreKeptApart) {
  PredictionBatch batch = Make(1, 0, 1, 1);
  // The last moment of the day, and the first of the next.
  batch.predictions.push_back(batch.predictions[0]);
  batch.predictions.push_back(batch.predictions[0]);
  batch.predictions[1].request_id = "last";
  batch.predictions[1].at =
      base::DayStart(Day(1), std::chrono::minutes(0)) - std::chrono::microseconds(1);
  batch.predictions[2].request_id = "next";
  batch.predictions[2].at = base::DayStart(Day(1), std::chrono::minutes(0));
  ASSERT_EQ(MustInsert(batch), Inserted::kYes);
  ASSERT_EQ(MustInsert(Make(2, 0, 9, 1, "other")), Inserted::kYes);
  EXPECT_THAT(Ids(0), ::testing::ElementsAre("last", "r1"));
  EXPECT_THAT(Ids(1), ::testing::ElementsAre("next"));
  EXPECT_THAT(Ids(0, "other"), ::testing::ElementsAre("r9"));
  EXPECT_TRUE(Ids(0, "unknown").empty());
  EXPECT_TRUE(Ids(2).empty());
}

TEST_P(PredictionLogStoreConformance, ASampleIsAFairPartAndTheSameEachTime) {
  constexpr int kCount = 2000;
  ASSERT_EQ(MustInsert(Make(1, 0, 0, kCount)), Inserted::kYes);
  const std::string model = "pm25_d1_v1_20240131_120000";
  const std::vector<std::string> sample = Ids(0, model, 500);
  EXPECT_EQ(sample.size(), 500U);
  EXPECT_EQ(Ids(0, model, 500), sample);
  int early = 0;
  for (const std::string& id : sample) early += std::stoi(id.substr(1)) < kCount / 2 ? 1 : 0;
  EXPECT_GT(early, 200);
  EXPECT_LT(early, 300);
}

TEST_P(PredictionLogStoreConformance, DaysBeyondTheRetentionGo) {
  for (int day = 0; day < 5; ++day) ASSERT_EQ(MustInsert(Make(day, day, day, 1)), Inserted::kYes);
  const PredictionLogSize size = MustMaintain({.retention_days = 2}, 4);
  EXPECT_TRUE(Ids(1).empty());
  EXPECT_THAT(Ids(2), ::testing::ElementsAre("r2"));
  EXPECT_THAT(Ids(4), ::testing::ElementsAre("r4"));
  EXPECT_EQ(size.days.front(), Day(2));
  EXPECT_GT(size.bytes, 0U);
  // What is still kept is still known.
  EXPECT_EQ(MustInsert(Make(2, 2, 2, 1)), Inserted::kBefore);
  EXPECT_THAT(Ids(2), ::testing::ElementsAre("r2"));
}

TEST_P(PredictionLogStoreConformance, ALogThatIsTooLargeLosesItsOldestDaysButNotTheNewest) {
  for (int day = 0; day < 4; ++day) {
    ASSERT_EQ(MustInsert(Make(day, day, 0, 2000)), Inserted::kYes);
  }
  const std::uint64_t all = MustMaintain({}, 3).bytes;
  const PredictionLogSize size = MustMaintain({.max_bytes = all * 6 / 10}, 3);
  EXPECT_LE(size.bytes, all * 6 / 10);
  EXPECT_TRUE(Ids(0).empty() && Ids(1).empty());
  EXPECT_EQ(Ids(2).size(), 2000U);
  EXPECT_EQ(Ids(3).size(), 2000U);
  // Its batches do not come back.
  EXPECT_EQ(MustInsert(Make(1, 1, 0, 2000)), Inserted::kBefore);
  EXPECT_GT(MustMaintain({.max_bytes = 1}, 3).bytes, 1U);
  EXPECT_TRUE(Ids(2).empty());
  EXPECT_EQ(Ids(3).size(), 2000U);
}

TEST_P(PredictionLogStoreConformance, AnEmptyLogIsMaintainedToo) {
  MustMaintain({}, 0);
  MustMaintain({}, 1);
  EXPECT_EQ(MustInsert(Make(1, 1, 1, 1)), Inserted::kYes);
  // A day that nobody has made room for.
  EXPECT_EQ(MustInsert(Make(2, -5, 2, 1)), Inserted::kYes);
  EXPECT_THAT(Ids(-5), ::testing::ElementsAre("r2"));
}

TEST_P(PredictionLogStoreConformance, AnotherMayDropTheDayThatIsInsertedInto) {
  ASSERT_EQ(MustInsert(Make(1, 0, 1, 1)), Inserted::kYes);
  ASSERT_TRUE(Open()->Maintain({.retention_days = 1}, Day(9)).ok());
  EXPECT_TRUE(Ids(0).empty());
  EXPECT_EQ(MustInsert(Make(2, 0, 2, 1)), Inserted::kYes);
  EXPECT_THAT(Ids(0), ::testing::ElementsAre("r2"));
}

TEST_P(PredictionLogStoreConformance, ABatchThatIsNoneIsRefusedWhole) {
  PredictionBatch nameless = Make(1, 0, 1, 2);
  nameless.predictions[1].model_id.clear();
  PredictionBatch binary = Make(1, 0, 1, 2);
  binary.predictions[1].request_id = std::string("a\0b", 3);
  PredictionBatch unnamed = Make(1, 0, 1, 2);
  unnamed.id = "7";
  for (const PredictionBatch& batch : {nameless, binary, unnamed}) {
    const auto inserted = store_->Insert(batch);
    ASSERT_FALSE(inserted.ok());
    EXPECT_EQ(inserted.error().code(), base::ErrorCode::kInvalidArgument);
  }
  EXPECT_TRUE(Ids(0).empty());
  EXPECT_EQ(MustInsert(Make(1, 0, 1, 2)), Inserted::kYes);
}

TEST_P(PredictionLogStoreConformance, AnEmptyBatchIsNothing) {
  EXPECT_TRUE(store_->Insert(Make(1, 0, 0, 0)).ok());
  EXPECT_EQ(MustInsert(Make(1, 0, 1, 1)), Inserted::kYes);
}

}  // namespace geoclimate::store
