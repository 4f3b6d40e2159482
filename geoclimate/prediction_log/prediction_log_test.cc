#include "geoclimate/prediction_log/prediction_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/prediction_log/testing/failing_store.h"
#include "geoclimate/prediction_log/testing/logged_rows.h"

namespace geoclimate::prediction_log {
namespace {

using Fails = FailingStore::Fails;
using ::testing::ElementsAre;

class PredictionLogTest : public ::testing::Test {
 protected:
  // Everything is logged unless a test says otherwise.
  void Start(PredictionLogOptions options = {.sample = 1}) {
    log_.reset();
    auto spill = SpillFolder::Open(place_.folder / "spill", options.spill_bytes);
    GC_CHECK(spill.ok(), "a folder can be made");
    options.process_id = ++processes_;
    auto started =
        PredictionLog::Start(store_, *std::move(spill), options, place_.clock, place_.metrics);
    GC_CHECK(started.ok(), started.error().ToString().c_str());
    log_ = *std::move(started);
  }
  AnsweredRows One(std::string_view request_id) const {
    return {.at = place_.clock.Now(),
            .request_id = request_id,
            .caller = "gsc_a",
            .route = LoggedRoute::kPredict,
            .duration = std::chrono::microseconds(8),
            .count = 1,
            .rows = row_,
            .outputs = out_};
  }
  store::LoggedPrediction Only() {
    std::vector<store::LoggedPrediction> all;
    EXPECT_TRUE(
        store_.Sample(kModel, TestDay(), 10, [&](const auto& one) { all.push_back(one); }).ok());
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? store::LoggedPrediction{} : all.front();
  }

  const std::array<float, 2> row_{1, 2};
  const std::array<float, 1> out_{3};
  LogPlace place_;
  FailingStore store_{*place_.stores.prediction_log};
  std::uint64_t processes_ = 0;
  std::unique_ptr<PredictionLog> log_;
};

TEST_F(PredictionLogTest, ARowIsStoredAsItWasAnswered) {
  Start();
  AnsweredRows answered = One("r-1");
  const std::array<float, 2> ends{0.5, 4.5};
  answered.arm = LoggedArm::kCanary;
  answered.route = LoggedRoute::kGrpc;
  answered.intervals = {.p10 = ends.data(), .p90 = ends.data() + 1, .stride = 2};
  log_->Attach(kModel).Note(answered);
  log_->Flush();
  const store::LoggedPrediction one = Only();
  EXPECT_EQ(one.at, place_.clock.Now());
  EXPECT_EQ(one.request_id, "r-1");
  EXPECT_EQ(one.caller, "gsc_a");
  EXPECT_EQ(one.arm, LoggedArm::kCanary);
  EXPECT_EQ(one.route, LoggedRoute::kGrpc);
  EXPECT_EQ(one.duration_us, 8);
  EXPECT_THAT(one.row, ElementsAre(1, 2));
  EXPECT_THAT(one.outputs, ElementsAre(3));
  EXPECT_EQ(one.p10, 0.5);
  EXPECT_EQ(one.p90, 4.5);
}

TEST_F(PredictionLogTest, RowsOfABatchAreSampledEachByItself) {
  Start({.sample = 0.1});
  constexpr std::size_t kCount = 10'000;
  std::vector<float> rows(2 * kCount);
  std::vector<float> outputs(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    rows[2 * i] = outputs[i] = static_cast<float>(i);
  }
  AnsweredRows answered = One("batch");
  answered.count = kCount;
  answered.rows = rows;
  answered.outputs = outputs;
  answered.duration = std::chrono::microseconds(kCount);
  log_->Attach(kModel).Note(answered);
  log_->Flush();
  std::set<float> seen;
  ASSERT_TRUE(store_
                  .Sample(kModel, TestDay(), kCount,
                          [&](const auto& one) {
                            EXPECT_EQ(one.row[0], one.outputs[0]);
                            EXPECT_EQ(one.duration_us, 1);
                            EXPECT_TRUE(seen.insert(one.row[0]).second);
                          })
                  .ok());
  EXPECT_NEAR(static_cast<double>(seen.size()), 1000, 150);
}

TEST_F(PredictionLogTest, AHandleThatIsOfNoLogLogsNothing) {
  ModelLog().Note(One("nobody"));
}

TEST_F(PredictionLogTest, ModelsAreKeptApart) {
  Start();
  const ModelLog first = log_->Attach(kModel);
  log_->Attach("other").Note(One("other"));
  first.Note(One("a"));
  log_->Attach(kModel).Note(One("b"));
  log_->Flush();
  EXPECT_THAT(place_.RequestIds(), ElementsAre("a", "b"));
}

TEST_F(PredictionLogTest, TextFromOutsideIsCutAndMadePlain) {
  Start();
  const std::string long_id(500, 'x');
  AnsweredRows answered = One(long_id);
  answered.caller = "Zo\xc3\xab\n\x01";
  log_->Attach(kModel).Note(answered);
  log_->Flush();
  const store::LoggedPrediction one = Only();
  EXPECT_EQ(one.request_id, std::string(128, 'x'));
  EXPECT_EQ(one.caller, "Zo????");
}

TEST_F(PredictionLogTest, WhatFindsNoRoomIsDroppedAndCounted) {
  Start({.sample = 1, .gather_every = std::chrono::hours(1), .ring_bytes = 1 << 12});
  const ModelLog log = log_->Attach(kModel);
  for (int i = 0; i < 1000; ++i) log.Note(One("r"));
  const std::vector<float> wide(2000);
  AnsweredRows answered = One("wide");
  answered.rows = wide;
  log.Note(answered);
  log_->Flush();
  const auto stored = static_cast<double>(place_.RequestIds().size());
  EXPECT_GT(stored, 10);
  EXPECT_EQ(place_.Dropped("ring_full"), 1000 - stored);
  EXPECT_EQ(place_.Dropped("too_wide"), 1);
}

TEST_F(PredictionLogTest, EveryRowOfManyThreadsIsStoredOnce) {
  Start({.sample = 1, .batch_rows = 64});
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  const ModelLog log = log_->Attach(kModel);
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) log.Note(One(fmt::format("{}-{}", thread, i)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  log_->Flush();
  // What came faster than the store took it went by the spill.
  while (place_.Metric("prediction_log_spill_bytes") > 0) std::this_thread::yield();
  const std::vector<std::string> ids = place_.RequestIds();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
  EXPECT_EQ(static_cast<double>(ids.size()) + place_.Dropped("ring_full"), kThreads * kEach);
}

TEST_F(PredictionLogTest, WhatWasNotedWhileTheStoreWasAwayIsThereOnceItIsBack) {
  Start();
  const ModelLog log = log_->Attach(kModel);
  store_.Fail(Fails::kAfter);  // it keeps them, and cannot say so
  log.Note(One("a"));
  log_->Flush();
  store_.Fail(Fails::kBefore);
  log.Note(One("b"));
  log_->Flush();
  store_.Fail(Fails::kNot);
  // By the next process.
  Start();
  log_->Attach(kModel).Note(One("c"));
  log_->Flush();
  while (place_.Metric("prediction_log_spill_bytes") != 0) std::this_thread::yield();
  EXPECT_THAT(place_.RequestIds(), ElementsAre("a", "b", "c"));
}

TEST_F(PredictionLogTest, TheEndStoresWhatWasNoted) {
  Start({.sample = 1, .gather_every = std::chrono::hours(1)});
  log_->Attach(kModel).Note(One("last"));
  log_.reset();
  EXPECT_THAT(place_.RequestIds(), ElementsAre("last"));
}

TEST_F(PredictionLogTest, AnEndWhileTheStoreIsAwayLeavesItToTheSpill) {
  Start({.sample = 1, .gather_every = std::chrono::hours(1)});
  store_.Fail(Fails::kBefore);
  log_->Attach(kModel).Note(One("last"));
  log_.reset();
  store_.Fail(Fails::kNot);
  Start();
  while (place_.RequestIds().empty()) std::this_thread::yield();
  EXPECT_THAT(place_.RequestIds(), ElementsAre("last"));
}

TEST(PredictionLogOptions, SayWhatIsWrong) {
  EXPECT_TRUE(PredictionLogOptions().Validate().ok());
  EXPECT_FALSE(PredictionLogOptions{.sample = 1.5}.Validate().ok());
  EXPECT_FALSE(PredictionLogOptions{.batch_rows = 0}.Validate().ok());
  EXPECT_FALSE(PredictionLogOptions{.ring_bytes = 3 << 12}.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::prediction_log
