#include "geoclimate/inference/dynamic_batcher.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

using base::ErrorCode;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::size_t kFeatures = 2;

// Holds the pool's only thread until it is opened.
class Gate final : public ComputePool::Work {
 public:
  explicit Gate(ComputePool& pool) : pool_(pool) {
    pool.Post(*this, {});
    entered_.get_future().wait();
  }
  ~Gate() override {
    Open();
    pool_.Withdraw(*this);
  }
  void Open() {
    if (!std::exchange(is_open_, true)) open_.set_value();
  }
  void Run() override {
    entered_.set_value();
    open_.get_future().wait();
  }

 private:
  ComputePool& pool_;
  std::promise<void> entered_;
  std::promise<void> open_;
  bool is_open_ = false;
};

// Answers the sum of a row's features; refuses a batch with a negative one.
base::Result<void> Sum(std::span<const float> rows, std::size_t count, std::span<float> answers) {
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i * kFeatures] < 0) return base::InvalidArgument("a negative feature");
    answers[i] = rows[i * kFeatures] + rows[i * kFeatures + 1];
  }
  return {};
}

// A caller with its rows, its answers and what it was told.
class Caller {
 public:
  Caller(float first, std::size_t count, base::Deadline deadline = base::Deadline::Never()) {
    for (std::size_t i = 0; i < count; ++i) {
      rows_.push_back(first + static_cast<float>(i));
      rows_.push_back(0.25F);
    }
    answers_.assign(count, -1);
    job_.emplace(ScoreRequest{.rows = rows_,
                              .count = count,
                              .answers = answers_,
                              .alone = nullptr,
                              .deadline = deadline,
                              .priority = Priority::kNormal},
                 [this](base::Result<void> result) {
                   ++told_;
                   result_.set_value(std::move(result));
                 });
  }

  ScoreJob& job() { return *job_; }
  base::Result<void> Wait() { return result_.get_future().get(); }
  void Withdraw() { job_.reset(); }
  int told() const { return told_; }
  bool HasItsOwnAnswers() const {
    for (std::size_t i = 0; i < answers_.size(); ++i) {
      if (answers_[i] != rows_[i * kFeatures] + 0.25F) return false;
    }
    return true;
  }

 private:
  std::vector<float> rows_;
  std::vector<float> answers_;
  std::atomic<int> told_{0};
  std::promise<base::Result<void>> result_;
  std::optional<ScoreJob> job_;  // first to go
};

class DynamicBatcherTest : public testing::Test {
 protected:
  std::unique_ptr<DynamicBatcher> Batcher(const BatcherOptions& options,
                                          const ScoreRows& score = Sum) {
    return std::make_unique<DynamicBatcher>(
        pool_, clock_, kFeatures, 1,
        [this, score](std::span<const float> rows, std::size_t count, std::span<float> answers) {
          batches_.push_back(count);
          return score(rows, count, answers);
        },
        options);
  }
  static BatcherOptions Options() {
    return {.batch = {.max_rows = 8}, .max_wait = hours(1), .first_row_cost = microseconds(10)};
  }

  const base::SystemClock clock_;
  ComputePool pool_{1, clock_};
  std::vector<std::size_t> batches_;  // rows of each, of the pool's one thread
};

TEST_F(DynamicBatcherTest, GathersWhatComesWhileItIsBusy) {
  const auto batcher = Batcher(Options());
  Gate gate(pool_);
  Caller a(1, 1);
  Caller b(10, 3);
  Caller c(20, 2);
  for (Caller* caller : {&a, &b, &c}) ASSERT_TRUE(batcher->Submit(caller->job()).ok());
  EXPECT_EQ(batcher->load(), 6U);
  gate.Open();
  for (Caller* caller : {&a, &b, &c}) {
    EXPECT_TRUE(caller->Wait().ok());
    EXPECT_TRUE(caller->HasItsOwnAnswers());
  }
  EXPECT_THAT(batches_, testing::ElementsAre(6));
  EXPECT_EQ(batcher->load(), 0U);
}

TEST_F(DynamicBatcherTest, CutsALongJobAndLetsAShortOneIn) {
  const auto batcher = Batcher(Options());
  Gate gate(pool_);
  Caller a(0, 20);
  Caller b(100, 2);
  ASSERT_TRUE(batcher->Submit(a.job()).ok());
  ASSERT_TRUE(batcher->Submit(b.job()).ok());
  gate.Open();
  EXPECT_TRUE(b.Wait().ok());
  EXPECT_TRUE(a.Wait().ok());
  EXPECT_TRUE(a.HasItsOwnAnswers() && b.HasItsOwnAnswers());
  EXPECT_THAT(batches_, testing::ElementsAre(8, 8, 6));
}

TEST_F(DynamicBatcherTest, OneCallersBadRowCostsNoOtherAnAnswer) {
  const auto batcher = Batcher(Options());
  Gate gate(pool_);
  Caller a(1, 2);
  Caller bad(-5, 1);
  Caller c(20, 2);
  for (Caller* caller : {&a, &bad, &c}) ASSERT_TRUE(batcher->Submit(caller->job()).ok());
  gate.Open();
  EXPECT_TRUE(a.Wait().ok() && a.HasItsOwnAnswers());
  EXPECT_TRUE(c.Wait().ok() && c.HasItsOwnAnswers());
  EXPECT_EQ(bad.Wait().error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(DynamicBatcherTest, AFailedSliceEndsALongJobOnce) {
  const auto batcher = Batcher(Options());
  Caller bad(-3, 30);
  ASSERT_TRUE(batcher->Submit(bad.job()).ok());
  EXPECT_FALSE(bad.Wait().ok());
  Caller good(1, 1);
  ASSERT_TRUE(batcher->Submit(good.job()).ok());
  EXPECT_TRUE(good.Wait().ok());
  EXPECT_EQ(bad.told(), 1);
  EXPECT_EQ(batcher->load(), 0U);
}

TEST_F(DynamicBatcherTest, RefusesWhenTheRowsAheadTakeTooLong) {
  BatcherOptions options = Options();
  options.max_wait = microseconds(1000);
  options.first_row_cost = microseconds(300);
  const auto batcher = Batcher(options);
  Gate gate(pool_);
  Caller first(1, 4);
  ASSERT_TRUE(batcher->Submit(first.job()).ok()) << "nothing is ahead of it";
  Caller second(9, 1);
  const auto refused = batcher->Submit(second.job());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  gate.Open();
  EXPECT_TRUE(first.Wait().ok());
  EXPECT_EQ(second.told(), 0);
}

TEST_F(DynamicBatcherTest, RefusesWhatWouldOutlastItsDeadline) {
  BatcherOptions options = Options();
  options.first_row_cost = milliseconds(100);
  const auto batcher = Batcher(options);
  Caller caller(1, 8, base::Deadline::After(clock_, milliseconds(300)));
  const auto refused = batcher->Submit(caller.job());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(DynamicBatcherTest, WhatExpiresWhileItWaitsIsAnsweredAndNeverScored) {
  BatcherOptions options = Options();
  options.first_row_cost = std::chrono::nanoseconds(1);
  const auto batcher = Batcher(options);
  Gate gate(pool_);
  Caller late(1, 1, base::Deadline::After(clock_, milliseconds(5)));
  Caller other(5, 1);
  ASSERT_TRUE(batcher->Submit(late.job()).ok());
  ASSERT_TRUE(batcher->Submit(other.job()).ok());
  while (!late.job().request().deadline.Expired(clock_)) std::this_thread::yield();
  gate.Open();
  EXPECT_EQ(late.Wait().error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(other.Wait().ok());
  EXPECT_THAT(batches_, testing::ElementsAre(1));
}

TEST_F(DynamicBatcherTest, AWithdrawnJobIsNotAnswered) {
  const auto batcher = Batcher(Options());
  Gate gate(pool_);
  Caller gone(1, 3);
  Caller kept(5, 1);
  ASSERT_TRUE(batcher->Submit(gone.job()).ok());
  ASSERT_TRUE(batcher->Submit(kept.job()).ok());
  gone.Withdraw();
  EXPECT_EQ(batcher->load(), 1U);
  gate.Open();
  EXPECT_TRUE(kept.Wait().ok());
  EXPECT_EQ(gone.told(), 0);
  EXPECT_THAT(batches_, testing::ElementsAre(1));
}

TEST_F(DynamicBatcherTest, WithdrawingWaitsForTheSliceThatIsComputed) {
  std::promise<void> entered;
  std::promise<void> open;
  const auto opened = open.get_future().share();
  std::atomic<bool> scored{false};
  const auto batcher = Batcher(Options(), [&](auto rows, auto count, auto answers) {
    entered.set_value();
    opened.wait();
    scored = true;
    return Sum(rows, count, answers);
  });
  Caller caller(1, 1);
  ASSERT_TRUE(batcher->Submit(caller.job()).ok());
  entered.get_future().wait();
  std::thread other([&] { open.set_value(); });
  caller.Withdraw();
  EXPECT_TRUE(scored) << "the answers were written to memory that its owner had given up";
  // The gate may have opened, and the job been answered, before it was withdrawn; afterwards never.
  const int told = caller.told();
  EXPECT_LE(told, 1);
  other.join();
  EXPECT_EQ(caller.told(), told);
}

TEST_F(DynamicBatcherTest, WhatIsDoneAloneIsDoneByItself) {
  const auto batcher = Batcher(Options());
  std::promise<base::Result<void>> told;
  ScoreJob job({.rows = {}, .alone = [] { return base::Internal("it failed"); }},
               [&](base::Result<void> result) { told.set_value(std::move(result)); });
  ASSERT_TRUE(batcher->Submit(job).ok());
  EXPECT_EQ(told.get_future().get().error().message(), "it failed");
  EXPECT_TRUE(batches_.empty());
}

TEST_F(DynamicBatcherTest, WaitsForCompanyWhenToldTo) {
  BatcherOptions options = Options();
  options.batch.max_delay = hours(1);
  options.batch.preferred_rows = {4};
  const auto batcher = Batcher(options);
  Caller a(1, 1);
  Caller b(5, 3);
  ASSERT_TRUE(batcher->Submit(a.job()).ok());
  ASSERT_TRUE(batcher->Submit(b.job()).ok());
  EXPECT_TRUE(a.Wait().ok());
  EXPECT_TRUE(b.Wait().ok());
  EXPECT_THAT(batches_, testing::ElementsAre(4));
}

TEST_F(DynamicBatcherTest, LearnsWhatARowCosts) {
  BatcherOptions options = Options();
  options.first_row_cost = hours(1);
  const auto batcher = Batcher(options);
  for (int i = 0; i < 300; ++i) {
    Caller caller(1, 1);
    ASSERT_TRUE(batcher->Submit(caller.job()).ok());
    ASSERT_TRUE(caller.Wait().ok());
  }
  EXPECT_LT(batcher->row_cost(), milliseconds(100));
}

// Thousands of callers on many threads, some of which give up: each that does not is answered once,
// with the answers to its own rows.
TEST(DynamicBatcher, AnswersEachOfManyCallersOnceWithItsOwnRows) {
  const base::SystemClock clock;
  ComputePool pool(3, clock);
  BatcherOptions options{.batch = {.max_rows = 32, .preferred_rows = {4, 16}},
                         .max_wait = hours(1),
                         .first_row_cost = microseconds(1)};
  std::atomic<int> running{0};
  std::atomic<bool> overlapped{false};
  DynamicBatcher batcher(
      pool, clock, kFeatures, 1,
      [&](auto rows, auto count, auto answers) {
        if (++running > 1) overlapped = true;
        auto result = Sum(rows, count, answers);
        --running;
        return result;
      },
      options);
  constexpr int kThreads = 8;
  constexpr int kCallers = 500;
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::minstd_rand random(static_cast<unsigned>(t) + 1);
      std::vector<std::unique_ptr<Caller>> callers;
      for (int i = 0; i < kCallers; ++i) {
        const bool bad = random() % 50 == 0;
        const float first = bad ? -1e6F : static_cast<float>(random() % 1000);
        auto caller = std::make_unique<Caller>(first, random() % 5 == 0 ? 70 : 1 + random() % 4);
        if (!batcher.Submit(caller->job()).ok()) ++wrong;
        switch (random() % 4) {
          case 0:
            caller->Withdraw();
            if (caller->told() > 1) ++wrong;
            break;
          case 1:
            callers.push_back(std::move(caller));
            break;
          default:
            if (caller->Wait().ok() == bad) ++wrong;
            if (!bad && !caller->HasItsOwnAnswers()) ++wrong;
            if (caller->told() != 1) ++wrong;
            ++answered;
        }
      }
      for (const auto& caller : callers) {
        if (caller->Wait().ok() && !caller->HasItsOwnAnswers()) ++wrong;
        ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_FALSE(overlapped) << "one run at a time";
  EXPECT_GT(answered, kThreads * kCallers / 2);
  EXPECT_EQ(batcher.load(), 0U);
}

TEST(BatcherOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(BatcherOptions().Validate().ok());
  BatcherOptions options;
  options.max_wait = microseconds(0);
  EXPECT_FALSE(options.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::inference
