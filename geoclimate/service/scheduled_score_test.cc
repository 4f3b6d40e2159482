#include "geoclimate/service/scheduled_score.h"

#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

class ScheduledScoreTest : public testing::Test {
 protected:
  ScheduledScoreTest() {
    served_ = ServeExampleTrees("trees");
    served_.cache = cache_.Attach(*served_.model);
    served_.scheduler = std::make_shared<inference::ModelScheduler>(
        served_.model, inference::ScoringCost(), pool_, clock_, inference::SchedulerOptions(),
        inference::SchedulerMetrics());
    row_.assign(served_.schema().size(), 2);
    expected_.resize(served_.model->outputs());
    EXPECT_TRUE(Score(served_, row_, 1, 0, expected_).ok());
  }

  // Keeps the pool's only thread until it is opened.
  struct Gate {
    explicit Gate(inference::ModelScheduler& scheduler)
        : job({.alone =
                   [this] {
                     entered.set_value();
                     open.get_future().wait();
                     return base::Result<void>();
                   }},
              [](const base::Result<void>&) {}) {
      EXPECT_TRUE(scheduler.Submit(job).ok());
      entered.get_future().wait();
    }
    std::promise<void> entered;
    std::promise<void> open;
    inference::ScoreJob job;
  };
  // One caller of `row_`.
  struct Caller {
    Caller(const ServedModel& served, const std::vector<float>& row,
           ScheduledScore::Options options = {}) {
      score.emplace(served, row, 1, options);
      submitted = score->Submit([this] { told.set_value(); });
    }
    base::Result<void> Take(std::vector<float>& out) {
      told.get_future().wait();
      return score->Take(out, {});
    }
    std::promise<void> told;
    base::Result<void> submitted;
    std::optional<ScheduledScore> score;
  };
  std::vector<float> Answer(Caller& caller) {
    std::vector<float> out(served_.model->outputs());
    const auto taken = caller.Take(out);
    EXPECT_TRUE(taken.ok()) << taken.error().ToString();
    return out;
  }

  const base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  inference::PredictionCache cache_{{}, clock_, metrics_};
  inference::ComputePool pool_{1, clock_};
  ServedModel served_;
  std::vector<float> row_;
  std::vector<float> expected_;
};

TEST_F(ScheduledScoreTest, ARowThatWasAskedBeforeIsNotScoredAgain) {
  ScheduledScore::Options options;
  options.now = clock_.MonotonicNow();
  Caller first(served_, row_, options);
  EXPECT_EQ(Answer(first), expected_);
  EXPECT_EQ(first.score->cached_rows(), 0U);
  Gate gate(*served_.scheduler);
  Caller second(served_, row_, options);
  EXPECT_EQ(Answer(second), expected_) << "though the pool is busy";
  EXPECT_EQ(second.score->cached_rows(), 1U);
  gate.open.set_value();
}

TEST_F(ScheduledScoreTest, OneRowOfSeveralCallersIsScoredOnce) {
  std::vector<std::unique_ptr<Caller>> callers;
  {
    Gate gate(*served_.scheduler);
    for (int i = 0; i < 5; ++i) callers.push_back(std::make_unique<Caller>(served_, row_));
    EXPECT_EQ(served_.scheduler->flights().in_flight(), 1U);
    gate.open.set_value();
  }
  for (const auto& caller : callers) EXPECT_EQ(Answer(*caller), expected_);
  EXPECT_EQ(served_.scheduler->flights().in_flight(), 0U);
}

TEST_F(ScheduledScoreTest, WhoFollowsOneThatGivesUpGoesOnAlone) {
  std::optional<Caller> leader;
  std::optional<Caller> follower;
  {
    Gate gate(*served_.scheduler);
    leader.emplace(served_, row_);
    follower.emplace(served_, row_);
    leader->score.reset();
    gate.open.set_value();
  }
  EXPECT_EQ(Answer(*follower), expected_);
}

TEST_F(ScheduledScoreTest, WhoFollowsOneThatIsTooLateGoesOnAlone) {
  std::optional<Caller> leader;
  std::optional<Caller> follower;
  ScheduledScore::Options hasty;
  hasty.deadline = base::Deadline::After(clock_, std::chrono::milliseconds(20));
  {
    Gate gate(*served_.scheduler);
    leader.emplace(served_, row_, hasty);
    ASSERT_TRUE(leader->submitted.ok());
    follower.emplace(served_, row_);
    while (!hasty.deadline.Expired(clock_)) std::this_thread::yield();
    gate.open.set_value();
  }
  std::vector<float> out(served_.model->outputs());
  const auto late = leader->Take(out);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code(), base::ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(Answer(*follower), expected_);
}

TEST_F(ScheduledScoreTest, WhoGivesUpWhileItFollowsIsNotTold) {
  std::optional<Caller> leader;
  std::optional<Caller> follower;
  {
    Gate gate(*served_.scheduler);
    leader.emplace(served_, row_);
    follower.emplace(served_, row_);
    follower.reset();
    gate.open.set_value();
  }
  EXPECT_EQ(Answer(*leader), expected_);
}

}  // namespace
}  // namespace geoclimate::service
