// Processes that share answers through a real redis-server.
#include <cstring>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/cache/redis_tier.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/redis/testing/redis_server.h"

namespace geoclimate::inference {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr seconds kCostly{10};  // many round trips
constexpr std::chrono::nanoseconds kCheap{1};
constexpr AnswerParts kParts = AnswerParts::kOutputs;

std::shared_ptr<const LoadedModel> Model(int version, std::string sha256) {
  model::TreeEnsemble trees;
  trees.features = 2;
  trees.feature_names = {"last", "wind"};
  trees.base_scores = {static_cast<double>(version)};
  trees.trees.resize(1);
  trees.trees[0].nodes.resize(1);
  model::ModelDescription description;
  description.model_name = "trees";
  description.version = version;
  description.sha256 = std::move(sha256);
  auto model = LoadedModel::FromFile(std::move(description),
                                     {.format = model::ModelFormat::kXgboost, .content = trees});
  EXPECT_TRUE(model.ok());
  return *model;
}

class PredictionSharingTest : public testing::Test {
 protected:
  // What one process has of it, with the model of an artifact.
  struct Process {
    Process(const redis::Endpoint& endpoint, const base::Clock& clock,
            const std::string& sha256 = std::string(64, 'a'), double quantum = 0)
        : cache({.memory = {}, .quantum = quantum}, clock, metrics),
          pool(endpoint, {}, clock, metrics),
          breaker("redis", {}, clock),
          tier(pool, breaker, {.timeout = std::chrono::minutes(1)}, clock, metrics) {
      cache.Share(tier);
      model = Model(1, sha256);
      attached = cache.Attach(*model);
      while (!tier.round_trip()) std::this_thread::yield();
    }
    telemetry::MetricRegistry metrics;
    PredictionCache cache;
    redis::ConnectionPool pool;
    resilience::CircuitBreaker breaker;
    cache::RedisTier tier;
    std::shared_ptr<const LoadedModel> model;
    std::shared_ptr<ModelCache> attached;
  };

  base::Instant Now() const { return clock_.MonotonicNow(); }
  base::Deadline Patience() const { return base::Deadline::After(clock_, seconds(60)); }

  // What memory has of the rows; `batch` says which.
  std::vector<float> InMemory(Process& process, ModelCache::Batch& batch,
                              std::span<const float> rows) {
    std::vector<float> values(rows.size() / 2);
    EXPECT_TRUE(
        process.attached->Find(batch, kParts, rows, values.size(), Now(), std::span(values)));
    return values;
  }
  static ModelCache::SharedRows Rows(std::uint64_t generation, std::span<const float> rows,
                                     const ModelCache::Batch* batch) {
    return {.generation = generation,
            .parts = kParts,
            .rows = rows,
            .count = rows.size() / 2,
            .width = 1,
            .looked_up = batch};
  }
  // The answers to rows of two numbers; nothing when not all are found.
  std::vector<float> Ask(Process& process, std::span<const float> rows) {
    ModelCache::Batch batch;
    InMemory(process, batch, rows);
    const auto generation =
        process.attached->AsksShared(kParts, rows, rows.size() / 2, kCostly, Now());
    EXPECT_TRUE(generation.has_value());
    std::promise<std::vector<float>> told;
    process.attached->FindShared(Rows(generation.value_or(0), rows, &batch), kCostly, Patience(),
                                 [&](std::span<const std::string> values) {
                                   std::vector<float> answers(values.size());
                                   for (std::size_t i = 0; i < values.size(); ++i) {
                                     std::memcpy(&answers[i], values[i].data(), sizeof(float));
                                   }
                                   told.set_value(answers);
                                 });
    return told.get_future().get();
  }
  // Returns when the server has them.
  void Keep(Process& process, std::span<const float> rows, std::span<const float> answers) {
    ModelCache::Batch batch;
    InMemory(process, batch, rows);
    const std::int64_t before = server_.Run({"DBSIZE"}).integer;
    process.attached->KeepShared(Rows(process_generation_, rows, &batch), answers);
    while (server_.Run({"DBSIZE"}).integer < before + static_cast<std::int64_t>(answers.size())) {
    }
  }

  base::SystemClock clock_;
  redis::testing::RedisServer server_;
  std::uint64_t process_generation_ = 0;
  const std::vector<float> rows_ = {1, 2, 3, 4};
  const std::vector<float> answers_ = {0.25F, 0.5F};
};

TEST_F(PredictionSharingTest, WhatOneProcessKeepsTheOtherFindsAndRemembers) {
  Process one(server_.endpoint(), clock_);
  Process other(server_.endpoint(), clock_);
  EXPECT_THAT(Ask(other, rows_), IsEmpty());
  Keep(one, rows_, answers_);
  EXPECT_THAT(Ask(other, rows_), ElementsAre(0.25F, 0.5F));
  ModelCache::Batch batch;
  EXPECT_THAT(InMemory(other, batch, rows_), ElementsAre(0.25F, 0.5F));
  EXPECT_EQ(batch.hits, 2U);
  std::string metrics;
  other.metrics.Render(telemetry::Exposition::kPrometheus, metrics);
  EXPECT_THAT(metrics, HasSubstr("cache_hits_total{cache=\"prediction\",tier=\"redis\",model="
                                 "\"trees\"} 2"));
  EXPECT_THAT(metrics, HasSubstr("cache_misses_total{cache=\"prediction\",tier=\"redis\",model="
                                 "\"trees\"} 2"));
}

TEST_F(PredictionSharingTest, OnlyWhatMemoryDoesNotHaveIsAskedFor) {
  Process one(server_.endpoint(), clock_);
  Process other(server_.endpoint(), clock_);
  Keep(one, std::span(rows_).first(2), std::span(answers_).first(1));
  EXPECT_THAT(Ask(other, std::span(rows_).first(2)), ElementsAre(0.25F));
  Keep(one, std::span(rows_).last(2), std::span(answers_).last(1));
  EXPECT_THAT(Ask(other, rows_), ElementsAre(0.5F)) << "the first is in memory";
}

TEST_F(PredictionSharingTest, CheapRowsAreNeverAskedFor) {
  Process process(server_.endpoint(), clock_);
  EXPECT_FALSE(process.attached->AsksShared(kParts, rows_, 2, kCheap, Now()));
  EXPECT_TRUE(process.attached->AsksShared(kParts, rows_, 2, kCostly, Now()));
}

TEST_F(PredictionSharingTest, NothingOfAnotherArtifactOrRoundingIsFound) {
  Process one(server_.endpoint(), clock_);
  Process rounds(server_.endpoint(), clock_, std::string(64, 'a'), 0.01);
  Process version2(server_.endpoint(), clock_, std::string(64, 'b'));
  Keep(one, rows_, answers_);
  EXPECT_THAT(Ask(rounds, rows_), IsEmpty());
  EXPECT_THAT(Ask(version2, rows_), IsEmpty());
}

TEST_F(PredictionSharingTest, AModelWhoseArtifactIsUnknownSharesNothing) {
  Process process(server_.endpoint(), clock_, "");
  EXPECT_FALSE(process.attached->AsksShared(kParts, rows_, 2, kCostly, Now()));
}

TEST_F(PredictionSharingTest, ClearingReachesEveryProcessOfTheGeneration) {
  Process one(server_.endpoint(), clock_);
  Process other(server_.endpoint(), clock_);
  Keep(one, rows_, answers_);
  EXPECT_THAT(Ask(other, rows_), ElementsAre(0.25F, 0.5F));
  other.cache.Clear(1);
  EXPECT_THAT(Ask(other, rows_), IsEmpty());
  // What was computed before the order is kept under what it was asked for.
  Keep(one, std::vector<float>{7, 8}, std::vector<float>{0.75F});
  EXPECT_THAT(Ask(other, std::vector<float>{7, 8}), IsEmpty());
  process_generation_ = 1;
  Keep(one, rows_, answers_);
  EXPECT_THAT(Ask(other, rows_), ElementsAre(0.25F, 0.5F));
}

TEST_F(PredictionSharingTest, AProcessThatStartsBeginsWithWhatOthersWereAskedFor) {
  Process one(server_.endpoint(), clock_);
  Process other(server_.endpoint(), clock_);
  Keep(other, rows_, answers_);
  EXPECT_THAT(Ask(one, rows_), ElementsAre(0.25F, 0.5F));
  one.cache.MarkMostUsed(10);
  while (server_.Run({"ZCARD", "geoclimate:u1:" + std::string(64, 'a') + ":0"}).integer < 2) {
  }
  Process late(server_.endpoint(), clock_);
  const auto fetched = late.cache.FetchMostUsed(10, Patience());
  ASSERT_TRUE(fetched.ok()) << fetched.error().ToString();
  EXPECT_EQ(*fetched, 2U);
  ModelCache::Batch batch;
  EXPECT_THAT(InMemory(late, batch, rows_), ElementsAre(0.25F, 0.5F));
  EXPECT_EQ(batch.hits, 2U);
  EXPECT_EQ(*late.cache.FetchMostUsed(10, Patience()), 0U) << "once a model";
}

TEST_F(PredictionSharingTest, RubbishAmongTheMostUsedIsPassedOver) {
  Process one(server_.endpoint(), clock_);
  const std::string set = "geoclimate:u1:" + std::string(64, 'a') + ":0";
  const std::string parts_of_none = "\xff\xff\xff\xff" + std::string(12, '\0');
  server_.Run({"ZADD", set, "1", "short", "2", parts_of_none, "3", std::string(16, '\0')});
  const auto fetched = one.cache.FetchMostUsed(10, Patience());
  ASSERT_TRUE(fetched.ok()) << fetched.error().ToString();
  EXPECT_EQ(*fetched, 0U);
}

}  // namespace
}  // namespace geoclimate::inference
