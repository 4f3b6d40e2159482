#include "geoclimate/service/cache_control.h"

#include <gtest/gtest.h>

#include <array>

#include "geoclimate/blob/testing/distant_store.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/testing/platform.h"

namespace geoclimate::service {
namespace {

using airquality::Pollutant;

const registry::Request kWho = {.actor = "test", .reason = "a test"};
const registry::Promotion kToProduction = {.stage = model::Stage::kProduction, .expected = {}};

// A process that serves from the platform's store.
struct Replica {
  explicit Replica(TestPlatform& on)
      : platform(on), cache({.memory = {.max_bytes = std::size_t{1} << 20}}, on.clock, metrics) {
    ModelsOptions options;
    options.watch_interval = std::chrono::hours(1);
    auto started = Models::Start(on.registry.get(), {}, options, metrics, on.clock, &cache);
    GC_CHECK(started.ok(), "the platform's models can be served");
    models = *std::move(started);
    auto control = CacheControl::Start(*on.blobs, cache, *models, on.clock,
                                       {.watch_interval = std::chrono::hours(1)});
    GC_CHECK(control.ok(), "its caches can be controlled");
    caches = *std::move(control);
  }
  AnswerSource Ask(float value) const {
    const auto set = models->Served();
    const ServedModel& served = **set->Choose({.model_id = {}, .model_name = "pm25_d1"});
    const std::vector<float> row(served.schema().size(), value);
    std::array<float, 1> out{};
    const auto source = ScoreRow(served, row, platform.clock.MonotonicNow(), out, {});
    GC_CHECK(source.ok(), "the example has an answer");
    return *source;
  }

  TestPlatform& platform;
  telemetry::MetricRegistry metrics;
  inference::PredictionCache cache;
  std::unique_ptr<Models> models;
  std::unique_ptr<CacheControl> caches;
};

class CacheControlTest : public testing::Test {
 protected:
  CacheControlTest() { platform_.PromoteForecaster(Pollutant::kPm25, 1); }
  TestPlatform platform_;
};

TEST_F(CacheControlTest, AClearIsFollowedByEveryReplica) {
  const Replica one(platform_);
  const Replica other(platform_);
  for (const Replica* replica : {&one, &other}) {
    replica->Ask(5);
    EXPECT_EQ(replica->Ask(5), AnswerSource::kCached);
  }
  const auto change = one.caches->Clear(kWho, base::Deadline::Never());
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_EQ(change->generation, 1U);
  EXPECT_EQ(change->followed, CacheChange::Followed::kYes);
  EXPECT_EQ(one.Ask(5), AnswerSource::kComputed);
  EXPECT_EQ(other.Ask(5), AnswerSource::kCached) << "it has not looked yet";
  ASSERT_TRUE(other.caches->Refresh().ok());
  EXPECT_EQ(other.Ask(5), AnswerSource::kComputed);
  ASSERT_TRUE(other.caches->Refresh().ok());
  EXPECT_EQ(other.Ask(5), AnswerSource::kCached) << "an order is followed once";
}

TEST_F(CacheControlTest, AProcessThatStartsFollowsOnlyWhatComesLater) {
  ASSERT_TRUE(Replica(platform_).caches->Clear(kWho, base::Deadline::Never()).ok());
  const Replica late(platform_);
  late.Ask(5);
  ASSERT_TRUE(late.caches->Refresh().ok());
  EXPECT_EQ(late.Ask(5), AnswerSource::kCached);
  EXPECT_EQ(late.caches->Clear(kWho, base::Deadline::Never())->generation, 2U);
}

TEST_F(CacheControlTest, AStoreThatIsAwayAtTheStartIsReadByTheFirstLookThatReachesIt) {
  Replica one(platform_);
  ASSERT_TRUE(one.caches->Clear(kWho, base::Deadline::Never()).ok());
  blob::DistantStore distant(*platform_.blobs);
  distant.away = true;
  const auto caches = CacheControl::Start(distant, one.cache, *one.models, platform_.clock,
                                          {.watch_interval = std::chrono::hours(1)});
  ASSERT_TRUE(caches.ok()) << caches.error().ToString();
  EXPECT_EQ((*caches)->Refresh().error().code(), base::ErrorCode::kUnavailable);
  EXPECT_EQ((*caches)->tiers().generation, 0U);
  distant.away = false;
  ASSERT_TRUE((*caches)->Refresh().ok());
  EXPECT_EQ((*caches)->tiers().generation, 1U);
}

TEST_F(CacheControlTest, APromotionStartsWarm) {
  const Replica replica(platform_);
  replica.Ask(5);
  const std::string next = platform_.PublishForecaster(Pollutant::kPm25, 1);
  ASSERT_TRUE(replica.models->Promote(next, kToProduction, kWho, base::Deadline::Never()).ok());
  EXPECT_EQ(replica.Ask(5), AnswerSource::kCached) << "answered by the new version beforehand";
  EXPECT_EQ(replica.Ask(6), AnswerSource::kComputed);
}

TEST_F(CacheControlTest, WarmingAnswersWhatOtherVersionsWereAsked) {
  const Replica replica(platform_);
  platform_.PublishForecaster(Pollutant::kPm25, 1);
  ASSERT_TRUE(replica.models->Refresh().ok());
  // The version in dev is asked for by its id.
  {
    const auto set = replica.models->Served();
    for (const ServedModel& served : set->models()) {
      if (served.description.stage == model::Stage::kProduction) continue;
      const std::vector<float> row(served.schema().size(), 9);
      std::array<float, 1> out{};
      ASSERT_TRUE(ScoreRow(served, row, platform_.clock.MonotonicNow(), out, {}).ok());
    }
  }
  const auto change = replica.caches->Warm("pm25_d1", 100, kWho, base::Deadline::Never());
  ASSERT_TRUE(change.ok()) << change.error().ToString();
  EXPECT_EQ(change->rows, 1U);
  EXPECT_EQ(replica.Ask(9), AnswerSource::kCached);
  EXPECT_EQ(replica.caches->Warm("o3_d1", 100, kWho, base::Deadline::Never()).error().code(),
            base::ErrorCode::kNotFound);
}

TEST_F(CacheControlTest, OrdersBetweenTwoLooksAreFollowedInTheirOrder) {
  const Replica one(platform_);
  const Replica other(platform_);
  platform_.PublishForecaster(Pollutant::kPm25, 1);
  other.Ask(5);
  ASSERT_TRUE(one.caches->Warm("", 100, kWho, base::Deadline::Never()).ok());
  const auto cleared = one.caches->Clear(kWho, base::Deadline::Never());
  ASSERT_TRUE(cleared.ok());
  EXPECT_EQ(cleared->generation, 2U);
  ASSERT_TRUE(other.caches->Refresh().ok());
  EXPECT_EQ(other.Ask(5), AnswerSource::kComputed);
}

TEST(CacheState, ReadsBackAsItWasWritten) {
  CacheState state;
  state.generation = 7;
  state.cleared = 5;
  state.warming = {.generation = 7, .model_name = "pm25_d1", .rows = 1000};
  state.at = base::Timestamp(std::chrono::seconds(1'600'000'000));
  state.actor = "admin \"token\"";
  state.reason = "new data";
  const std::string bytes = EncodeCacheState(state);
  const auto read = ParseCacheState(bytes);
  ASSERT_TRUE(read.ok()) << read.error().ToString();
  EXPECT_EQ(EncodeCacheState(*read), bytes);
  EXPECT_EQ(read->warming.model_name, "pm25_d1");
}

TEST(CacheState, WhatIsNoneIsDataLoss) {
  for (const std::string_view bytes :
       {"", "{}", "[1]", R"({"generation":-1})",
        R"({"generation":1,"cleared":2,"warming":{"generation":0,"model_name":"","rows":0},)"
        R"("at":"2020-01-01T00:00:00Z","actor":"","reason":""})"}) {
    const auto read = ParseCacheState(bytes);
    ASSERT_FALSE(read.ok()) << bytes;
    EXPECT_EQ(read.error().code(), base::ErrorCode::kDataLoss);
  }
}

}  // namespace
}  // namespace geoclimate::service
