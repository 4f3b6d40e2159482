#include "geoclimate/inference/batch_queue.h"

#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

using std::chrono::microseconds;

// Jobs of one float a row that no batcher has: what the queue itself does with them.
class Queue {
 public:
  explicit Queue(BatchOptions options) : queue_(std::move(options)) {}

  ScoreJob& Push(std::size_t count, Priority priority = Priority::kNormal,
                 base::Deadline deadline = base::Deadline::Never()) {
    ScoreJob& job = jobs_.emplace_back(ScoreRequest{.rows = {},
                                                    .count = count,
                                                    .answers = {},
                                                    .alone = nullptr,
                                                    .deadline = deadline,
                                                    .priority = priority},
                                       nullptr);
    queue_.Push(job);
    return job;
  }
  ScoreJob& PushAlone() {
    ScoreJob& job = jobs_.emplace_back(
        ScoreRequest{.rows = {}, .alone = [] { return base::Result<void>(); }}, nullptr);
    queue_.Push(job);
    return job;
  }

  // "0[0+2] 1[0+3]" for two rows of the first job that was pushed, and three of the second.
  std::string Take(base::Instant now = {}) {
    std::vector<BatchSlice> batch;
    expired_.clear();
    queue_.Take(now, batch, expired_);
    std::string text;
    for (const BatchSlice& slice : batch) {
      if (!text.empty()) text += ' ';
      text += std::to_string(IndexOf(*slice.job)) + '[' + std::to_string(slice.first) + '+' +
              std::to_string(slice.count) + ']';
    }
    return text;
  }

  std::size_t IndexOf(const ScoreJob& job) const {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (&jobs_[i] == &job) return i;
    }
    return jobs_.size();
  }
  const std::vector<ScoreJob*>& expired() const { return expired_; }
  BatchQueue& queue() { return queue_; }

 private:
  std::deque<ScoreJob> jobs_;
  std::vector<ScoreJob*> expired_;
  BatchQueue queue_;
};

TEST(BatchQueue, TakesWhatIsThereUpToTheLargestBatch) {
  Queue queue({.max_rows = 6});
  queue.Push(2);
  queue.Push(3);
  queue.Push(4);
  EXPECT_EQ(queue.Take(), "0[0+2] 1[0+3] 2[0+1]");
  EXPECT_EQ(queue.Take(), "2[1+3]");
  EXPECT_EQ(queue.Take(), "");
  EXPECT_TRUE(queue.queue().empty());
}

TEST(BatchQueue, ALongJobGoesBehindTheOthersAfterEachBatch) {
  Queue queue({.max_rows = 4});
  queue.Push(9);
  queue.Push(1);
  queue.Push(2);
  EXPECT_EQ(queue.Take(), "0[0+4]");
  EXPECT_EQ(queue.Take(), "1[0+1] 2[0+2] 0[4+1]");
  EXPECT_EQ(queue.Take(), "0[5+4]");
  EXPECT_TRUE(queue.queue().empty());
}

TEST(BatchQueue, HigherPrioritiesGoFirst) {
  Queue queue({.max_rows = 3});
  queue.Push(2, Priority::kLow);
  queue.Push(2, Priority::kNormal);
  queue.Push(2, Priority::kHigh);
  EXPECT_EQ(queue.queue().RowsAhead(Priority::kHigh), 2U);
  EXPECT_EQ(queue.queue().RowsAhead(Priority::kLow), 6U);
  EXPECT_EQ(queue.Take(), "2[0+2] 1[0+1]");
  EXPECT_EQ(queue.Take(), "1[1+1] 0[0+2]");
}

TEST(BatchQueue, FillsAPreferredSizeRatherThanTakingAll) {
  Queue queue({.max_rows = 100, .preferred_rows = {8, 16}});
  queue.Push(11);
  EXPECT_EQ(queue.Take(), "0[0+8]");
  EXPECT_EQ(queue.Take(), "0[8+3]") << "fewer than any preferred size: all that is there";
}

TEST(BatchQueue, IsReadyAfterTheDelayOrWhenAPreferredSizeIsThere) {
  Queue delayed({.max_rows = 100, .preferred_rows = {8}, .max_delay = microseconds(500)});
  EXPECT_EQ(delayed.queue().ReadyAt(), base::Instant::max());
  delayed.Push(5);
  EXPECT_EQ(delayed.queue().ReadyAt(), base::Instant() + microseconds(500));
  delayed.Push(3);
  EXPECT_EQ(delayed.queue().ReadyAt(), base::Instant());
}

TEST(BatchQueue, WithoutADelayItIsReadyAtOnce) {
  Queue queue({.max_rows = 100});
  queue.Push(1);
  EXPECT_EQ(queue.queue().ReadyAt(), base::Instant());
}

TEST(BatchQueue, WhatHasExpiredIsGivenBackAndNotTaken) {
  const base::Instant now = base::Instant() + microseconds(100);
  Queue queue({.max_rows = 10});
  queue.Push(2, Priority::kNormal, base::Deadline::At(base::Instant() + microseconds(99)));
  queue.Push(3, Priority::kNormal, base::Deadline::At(base::Instant() + microseconds(101)));
  EXPECT_EQ(queue.Take(now), "1[0+3]");
  ASSERT_EQ(queue.expired().size(), 1U);
  EXPECT_EQ(queue.IndexOf(*queue.expired()[0]), 0U);
  EXPECT_TRUE(queue.queue().empty());
}

TEST(BatchQueue, ARemovedJobLeavesTheOthersInTheirOrder) {
  Queue queue({.max_rows = 4});
  queue.Push(6);
  ScoreJob& removed = queue.Push(2);
  queue.Push(1);
  EXPECT_EQ(queue.Take(), "0[0+4]");
  queue.queue().Remove(removed);
  queue.queue().Remove(removed);
  EXPECT_EQ(queue.queue().rows(), 3U);
  EXPECT_EQ(queue.queue().RowsAhead(Priority::kNormal), 3U);
  EXPECT_EQ(queue.Take(), "2[0+1] 0[4+2]");
}

TEST(BatchQueue, WhatIsDoneAloneSharesNoBatch) {
  Queue queue({.max_rows = 8});
  queue.Push(2);
  queue.PushAlone();
  queue.Push(3);
  EXPECT_EQ(queue.Take(), "0[0+2]");
  EXPECT_EQ(queue.Take(), "1[0+1]");
  EXPECT_EQ(queue.Take(), "2[0+3]");
}

TEST(BatchOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(BatchOptions().Validate().ok());
  EXPECT_FALSE((BatchOptions{.max_rows = 0}).Validate().ok());
  EXPECT_FALSE((BatchOptions{.max_rows = 8, .preferred_rows = {4, 2}}).Validate().ok());
  EXPECT_FALSE((BatchOptions{.max_rows = 8, .preferred_rows = {4, 16}}).Validate().ok());
  EXPECT_FALSE((BatchOptions{.max_rows = 8, .preferred_rows = {0}}).Validate().ok());
  EXPECT_FALSE((BatchOptions{.max_delay = microseconds(-1)}).Validate().ok());
}

}  // namespace
}  // namespace geoclimate::inference
