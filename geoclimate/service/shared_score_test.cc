// Rows of costly models that several processes are asked for, with a real redis-server between.
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/cache/redis_tier.h"
#include "geoclimate/redis/testing/redis_server.h"
#include "geoclimate/service/scheduled_score.h"
#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

class SharedScoreTest : public testing::Test {
 protected:
  struct Process {
    Process(const redis::Endpoint& endpoint, const base::Clock& clock,
            std::chrono::milliseconds timeout)
        : cache({}, clock, metrics),
          pool(endpoint, {}, clock, metrics),
          breaker("redis", {}, clock),
          tier(std::make_unique<cache::RedisTier>(
              pool, breaker, cache::RedisTierOptions{.timeout = timeout}, clock, metrics)),
          compute(1, clock) {
      cache.Share(*tier);
      model::ModelDescription description = DescriptionOf("trees", 1, model::Stage::kProduction);
      description.sha256 = std::string(64, 'a');
      served = Serve(std::move(description),
                     {.format = model::ModelFormat::kXgboost, .content = ExampleTrees()});
      served.cache = cache.Attach(*served.model);
      // Says that it is costly; it is not.
      const inference::ScoringCost cost{.one_row = std::chrono::seconds(10),
                                        .batch_row = std::chrono::seconds(10)};
      inference::SchedulerOptions options;
      options.batcher.max_wait = std::chrono::hours(1);
      served.scheduler = std::make_shared<inference::ModelScheduler>(
          served.model, cost, compute, clock, options, inference::SchedulerMetrics());
      while (!tier->round_trip()) std::this_thread::yield();
    }
    telemetry::MetricRegistry metrics;
    inference::PredictionCache cache;
    redis::ConnectionPool pool;
    resilience::CircuitBreaker breaker;
    std::unique_ptr<cache::RedisTier> tier;
    inference::ComputePool compute;
    ServedModel served;
  };
  // Keeps a process's only compute thread: what is answered meanwhile was not computed.
  struct Gate {
    explicit Gate(Process& process)
        : job({.alone =
                   [this] {
                     entered.set_value();
                     open.get_future().wait();
                     return base::Result<void>();
                   }},
              [](const base::Result<void>&) {}) {
      EXPECT_TRUE(process.served.scheduler->Submit(job).ok());
      entered.get_future().wait();
    }
    std::promise<void> entered;
    std::promise<void> open;
    inference::ScoreJob job;
  };
  struct Caller {
    Caller(const Process& process, const std::vector<float>& some, const base::Clock& clock)
        : rows(some) {
      score.emplace(process.served, rows, rows.size() / 3,
                    ScheduledScore::Options{.now = clock.MonotonicNow()});
      submitted = score->Submit([this] { told.set_value(); });
      EXPECT_TRUE(submitted.ok());
    }
    std::vector<float> Take() {
      told.get_future().wait();
      std::vector<float> out(rows.size() / 3);
      const auto taken = score->Take(out, {});
      EXPECT_TRUE(taken.ok()) << taken.error().ToString();
      return out;
    }
    std::vector<float> rows;
    std::promise<void> told;
    base::Result<void> submitted;
    std::optional<ScheduledScore> score;
  };

  void AwaitKeys(std::int64_t keys) const {
    while (server_.Run({"DBSIZE"}).integer < keys) {
    }
  }
  // The row's answer and its lease.
  static constexpr std::int64_t kKeysOfARow = 2;

  base::SystemClock clock_;
  redis::testing::RedisServer server_;
  Process one_{server_.endpoint(), clock_, std::chrono::minutes(1)};
  Process other_{server_.endpoint(), clock_, std::chrono::minutes(1)};
  const std::vector<float> row_ = {1, 2, 3};             // answered 1
  const std::vector<float> rows_ = {1, 2, 3, 20, 5, 6};  // answered 1 and 2
};

TEST_F(SharedScoreTest, ARowThatAnotherProcessScoredIsNotScoredAgain) {
  Caller first(one_, row_, clock_);
  EXPECT_EQ(first.Take(), std::vector<float>{1});
  EXPECT_EQ(first.score->cached_rows(), 0U);
  AwaitKeys(kKeysOfARow);
  Gate gate(other_);
  Caller second(other_, row_, clock_);
  EXPECT_EQ(second.Take(), std::vector<float>{1});
  EXPECT_EQ(second.score->cached_rows(), 1U);
  server_.Stop();
  Caller third(other_, row_, clock_);
  EXPECT_EQ(third.Take(), std::vector<float>{1}) << "it came into memory";
  gate.open.set_value();
}

TEST_F(SharedScoreTest, SeveralRowsAreAnsweredFromBothTiersTogether) {
  Caller first(one_, rows_, clock_);
  EXPECT_EQ(first.Take(), (std::vector<float>{1, 2}));
  AwaitKeys(2);
  Gate gate(other_);
  Caller one_row(other_, row_, clock_);
  EXPECT_EQ(one_row.Take(), std::vector<float>{1});
  Caller second(other_, rows_, clock_);
  EXPECT_EQ(second.Take(), (std::vector<float>{1, 2}));
  EXPECT_EQ(second.score->cached_rows(), 2U);
  gate.open.set_value();
}

TEST_F(SharedScoreTest, CallersOfOneProcessAskTogether) {
  Caller first(one_, row_, clock_);
  EXPECT_EQ(first.Take(), std::vector<float>{1});
  AwaitKeys(kKeysOfARow);
  Gate gate(other_);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 5; ++i) callers.push_back(std::make_unique<Caller>(other_, row_, clock_));
  for (const auto& caller : callers) EXPECT_EQ(caller->Take(), std::vector<float>{1});
  gate.open.set_value();
}

TEST_F(SharedScoreTest, OfTwoProcessesOneScoresARowThatBothAreAskedFor) {
  std::optional<Gate> busy(one_);
  Gate never(other_);
  Caller leader(one_, row_, clock_);
  AwaitKeys(1);  // it has the lease, and waits for its compute thread
  Caller follower(other_, row_, clock_);
  busy->open.set_value();
  EXPECT_EQ(leader.Take(), std::vector<float>{1});
  EXPECT_EQ(follower.Take(), std::vector<float>{1}) << "though its own compute thread is busy";
  never.open.set_value();
}

TEST_F(SharedScoreTest, AServerThatStandsStillCostsItsTimeOutAndNoAnswer) {
  Process hasty(server_.endpoint(), clock_, std::chrono::milliseconds(20));
  server_.Pause();
  for (int i = 0; i < 30; ++i) {
    std::vector<float> row = {static_cast<float>(i), 2, 3};
    Caller caller(hasty, row, clock_);
    EXPECT_EQ(caller.Take(), std::vector<float>{i < 10 ? 1.0F : 2.0F});
  }
  server_.Resume();
}

TEST_F(SharedScoreTest, WhoGivesUpWhileTheServerIsAskedIsNotTold) {
  server_.Pause();
  for (int i = 0; i < 10; ++i) {
    Caller leader(one_, row_, clock_);
    Caller follower(one_, row_, clock_);
    leader.score.reset();
    follower.score.reset();
  }
  std::optional<Caller> leader;
  leader.emplace(one_, row_, clock_);
  Caller follower(one_, row_, clock_);
  leader->score.reset();
  EXPECT_EQ(follower.Take(), std::vector<float>{1}) << "it goes on alone";
  server_.Resume();
}

}  // namespace
}  // namespace geoclimate::service
