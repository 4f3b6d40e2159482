#include "geoclimate/inference/prediction_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace geoclimate::inference {
namespace {

using Source = ModelCache::Source;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Goes on by a step whenever it is read, and as told.
class SteppingClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return {}; }
  base::Instant MonotonicNow() const override {
    return base::Instant(nanoseconds(now_.fetch_add(step.count()) + step.count()));
  }
  base::Instant now() const { return base::Instant(nanoseconds(now_.load())); }
  void Advance(nanoseconds by) { now_.fetch_add(by.count()); }
  nanoseconds step{0};

 private:
  mutable std::atomic<std::int64_t> now_{nanoseconds(seconds(1000)).count()};
};

std::shared_ptr<const LoadedModel> Model(std::string name, int version,
                                         std::vector<std::string> features = {"last", "mean30",
                                                                              "wind"}) {
  model::TreeEnsemble trees;
  trees.features = static_cast<std::int32_t>(features.size());
  trees.feature_names = std::move(features);
  trees.base_scores = {static_cast<double>(version)};
  trees.trees.resize(1);
  trees.trees[0].nodes.resize(1);
  model::ModelDescription description;
  description.model_id = name + "_v" + std::to_string(version);
  description.model_name = std::move(name);
  description.version = version;
  auto model = LoadedModel::FromFile(std::move(description),
                                     {.format = model::ModelFormat::kXgboost, .content = trees});
  EXPECT_TRUE(model.ok());
  return *model;
}

class PredictionCacheTest : public testing::Test {
 protected:
  static PredictionCacheOptions Options() {
    PredictionCacheOptions options;
    options.memory.max_bytes = std::size_t{1} << 20;
    options.memory.ttl = seconds(60);
    return options;
  }
  // The answer to a row that was put as `answer` if it was not known: {source, first value}.
  std::pair<Source, float> Ask(ModelCache& model, const std::vector<float>& row, float answer,
                               AnswerParts parts = AnswerParts::kOutputs) {
    std::array<float, 1> values{-1};
    const auto source = model.Answer(parts, row, clock_.now(), values, [&]() -> base::Result<void> {
      clock_.Advance(compute_time_);
      values[0] = answer;
      return {};
    });
    EXPECT_TRUE(source.ok());
    return {*source, values[0]};
  }
  bool Known(ModelCache& model, const std::vector<float>& row,
             AnswerParts parts = AnswerParts::kOutputs) {
    std::array<float, 1> values{-1};
    const auto source = model.Answer(parts, row, clock_.now(), values, [] {
      return base::Result<void>(base::Unavailable("is not to be kept"));
    });
    return source.ok();
  }
  std::string Metrics() const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }
  bool MetricsHave(const std::string& line) const {
    return Metrics().find(line + "\n") != std::string::npos;
  }

  SteppingClock clock_;
  nanoseconds compute_time_{0};
  telemetry::MetricRegistry metrics_;
  std::shared_ptr<const LoadedModel> model_ = Model("pm25", 1);
  PredictionCache cache_{Options(), clock_, metrics_};
  std::shared_ptr<ModelCache> cached_ = cache_.Attach(*model_);
};

const float kNan = std::numeric_limits<float>::quiet_NaN();

TEST_F(PredictionCacheTest, ARowThatComesAgainIsNotComputedAgain) {
  EXPECT_EQ(Ask(*cached_, {1, 2, 3}, 7), std::pair(Source::kComputed, 7.0F));
  EXPECT_EQ(Ask(*cached_, {1, 2, 3}, 8), std::pair(Source::kCached, 7.0F));
  EXPECT_EQ(Ask(*cached_, {1, 2, 4}, 9), std::pair(Source::kComputed, 9.0F));
  const std::string labels = R"({cache="prediction",tier="memory",model="pm25"})";
  EXPECT_TRUE(MetricsHave("cache_hits_total" + labels + " 1")) << Metrics();
  EXPECT_TRUE(MetricsHave("cache_misses_total" + labels + " 2"));
  EXPECT_TRUE(MetricsHave(R"(cache_entries{cache="prediction",tier="memory"} 2.0)")) << Metrics();
}

TEST_F(PredictionCacheTest, AMissingValueIsTheSameWhateverItsBitsAndZerosAreTwo) {
  Ask(*cached_, {kNan, 0, 3}, 7);
  EXPECT_TRUE(Known(*cached_, {-kNan, 0, 3}));
  EXPECT_TRUE(Known(*cached_, {std::nanf("0x123"), 0, 3}));
  EXPECT_FALSE(Known(*cached_, {kNan, -0.0F, 3}));
}

TEST_F(PredictionCacheTest, PartsOfTheAnswerAreAPartOfTheKey) {
  Ask(*cached_, {1, 2, 3}, 7, AnswerParts::kOutputs);
  EXPECT_FALSE(Known(*cached_, {1, 2, 3}, AnswerParts::kOutputsAndInterval));
}

TEST_F(PredictionCacheTest, AnotherVersionOrTheSameLoadedAgainKnowsNothingOfIt) {
  Ask(*cached_, {1, 2, 3}, 7);
  const auto next = Model("pm25", 2);
  EXPECT_FALSE(Known(*cache_.Attach(*next), {1, 2, 3}));
  const auto again = Model("pm25", 1);
  EXPECT_FALSE(Known(*cache_.Attach(*again), {1, 2, 3}));
  EXPECT_TRUE(Known(*cache_.Attach(*model_), {1, 2, 3})) << "the model itself does";
}

TEST_F(PredictionCacheTest, WhatFailedIsAskedAgain) {
  EXPECT_FALSE(Known(*cached_, {1, 2, 3}));
  EXPECT_FALSE(Known(*cached_, {1, 2, 3}));
  EXPECT_EQ(Ask(*cached_, {1, 2, 3}, 7).first, Source::kComputed);
}

TEST_F(PredictionCacheTest, AnswersExpireAndAreClearedAway) {
  Ask(*cached_, {1, 2, 3}, 7);
  clock_.Advance(seconds(59));
  EXPECT_TRUE(Known(*cached_, {1, 2, 3}));
  clock_.Advance(seconds(1));
  EXPECT_FALSE(Known(*cached_, {1, 2, 3}));
  Ask(*cached_, {1, 2, 3}, 7);
  cache_.Clear();
  EXPECT_FALSE(Known(*cached_, {1, 2, 3}));
}

TEST_F(PredictionCacheTest, AnAnswerComputedAcrossAClearIsNotKept) {
  std::array<float, 1> values{};
  const std::vector<float> row{1, 2, 3};
  const auto source = cached_->Answer(AnswerParts::kOutputs, row, clock_.now(), values, [&] {
    cache_.Clear();
    return base::Result<void>();
  });
  ASSERT_TRUE(source.ok());
  EXPECT_FALSE(Known(*cached_, row));
}

TEST_F(PredictionCacheTest, RowsThatAreTooWideAreComputedEveryTime) {
  const std::vector<float> wide(ModelCache::kMostColumns + 1, 1);
  EXPECT_EQ(Ask(*cached_, wide, 1).first, Source::kComputed);
  EXPECT_EQ(Ask(*cached_, wide, 2), std::pair(Source::kComputed, 2.0F));
}

TEST_F(PredictionCacheTest, WithAQuantumRowsThatAreCloseAreTheSame) {
  PredictionCacheOptions options = Options();
  options.quantum = 0.01;
  PredictionCache rounding(options, clock_, metrics_);
  const auto rounded = rounding.Attach(*model_);
  Ask(*rounded, {100, -5, kNan}, 7);
  EXPECT_TRUE(Known(*rounded, {100.2F, -5.01F, kNan}));
  EXPECT_FALSE(Known(*rounded, {101.1F, -5, kNan}));
  EXPECT_FALSE(Known(*rounded, {100, 5, kNan}));
  EXPECT_FALSE(Known(*rounded, {100, -5, 0}));
  // No two rows that count as the same differ by more than the quantum.
  for (float value = 1; value < 4; value += 0.0007F) {
    for (float other = value * 1.0101F; other < value * 1.03F; other += 0.001F) {
      Ask(*rounded, {value, 0, 0}, 1);
      ASSERT_FALSE(Known(*rounded, {other, 0, 0})) << value << " " << other;
    }
    rounding.Clear();
  }
  options.quantum = 0.2;
  EXPECT_FALSE(options.Validate().ok());
}

TEST_F(PredictionCacheTest, AModelThatIsHardlyDearerThanALookUpIsLeftAlone) {
  clock_.step = nanoseconds(300);
  compute_time_ = nanoseconds(100);
  for (int i = 0; i < 6000; ++i) Ask(*cached_, {static_cast<float>(i % 1500), 2, 3}, 1);
  EXPECT_FALSE(cached_->single_rows().on());
  EXPECT_EQ(Ask(*cached_, {1, 2, 3}, 5), std::pair(Source::kComputed, 5.0F));
  EXPECT_NE(Metrics().find("cache_bypassed_total"), std::string::npos);
}

TEST_F(PredictionCacheTest, AModelThatIsDearIsLookedUpAgainWhenItsRowsBeginToRepeat) {
  clock_.step = nanoseconds(300);
  compute_time_ = nanoseconds(50'000);
  for (int i = 0; i < 6000; ++i) Ask(*cached_, {static_cast<float>(i), 2, 3}, 1);
  EXPECT_FALSE(cached_->single_rows().on()) << "nothing repeats";
  clock_.Advance(CachePayoff::kShortestRest);
  for (int i = 0; i < 60'000; ++i) Ask(*cached_, {static_cast<float>(i % 200), 5, 3}, 1);
  EXPECT_TRUE(cached_->single_rows().on());
}

TEST_F(PredictionCacheTest, RowsOfABatchAreFoundOneByOne) {
  const std::vector<float> rows{1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::vector<float> values(3, -1);
  ModelCache::Batch batch;
  ASSERT_TRUE(cached_->Find(batch, AnswerParts::kOutputs, std::span(rows).first(6), 2, clock_.now(),
                            std::span(values).first(2)));
  EXPECT_EQ(batch.hits, 0U);
  values = {10, 20, -1};
  cached_->Keep(batch, AnswerParts::kOutputs, std::span(rows).first(6), 2, clock_.now(),
                std::span(values).first(2));
  values = {-1, -1, -1};
  ASSERT_TRUE(cached_->Find(batch, AnswerParts::kOutputs, rows, 3, clock_.now(), values));
  EXPECT_EQ(values, (std::vector<float>{10, 20, -1}));
  EXPECT_TRUE(batch.found[0] && batch.found[1] && !batch.found[2]);
  EXPECT_EQ(Ask(*cached_, {4, 5, 6}, 1), std::pair(Source::kCached, 20.0F)) << "as single rows";
}

TEST_F(PredictionCacheTest, ANewVersionStartsWithTheRowsThatWereAskedForMost) {
  for (int i = 0; i < 20; ++i) Ask(*cached_, {static_cast<float>(i), kNan, 3}, 1);
  for (int i = 5; i < 10; ++i) Ask(*cached_, {static_cast<float>(i), kNan, 3}, 1);
  Ask(*cached_, {9, kNan, 3}, 1, AnswerParts::kOutputsAndInterval);
  const auto next = Model("pm25", 2);
  const auto warmed = cache_.Attach(*next);
  const auto stranger = cache_.Attach(*Model("o3", 1));
  const auto wider = cache_.Attach(*Model("pm25", 3, {"last", "mean30", "wind", "rain"}));
  std::size_t with_interval = 0;
  const auto score = [&](AnswerParts parts, std::span<const float> row, std::span<float> values) {
    with_interval += parts == AnswerParts::kOutputsAndInterval ? 1 : 0;
    EXPECT_TRUE(std::isnan(row[1]));
    values[0] = row[0] * 10;
    return base::Result<void>();
  };
  const nanoseconds never = std::chrono::hours(1);
  EXPECT_EQ(cache_.Warm(*stranger, 100, never, score), 0U);
  EXPECT_EQ(cache_.Warm(*wider, 100, never, score), 0U);
  EXPECT_EQ(cache_.Warm(*warmed, 5, never, score), 5U);
  for (int i = 5; i < 10; ++i) {
    EXPECT_EQ(Ask(*warmed, {static_cast<float>(i), kNan, 3}, 1),
              std::pair(Source::kCached, static_cast<float>(i) * 10));
  }
  EXPECT_FALSE(Known(*warmed, {1, kNan, 3}));
  EXPECT_EQ(cache_.Warm(*warmed, 100, nanoseconds(0), score), 0U);
  EXPECT_EQ(cache_.Warm(*warmed, 100, never, score), 21U);
  EXPECT_EQ(with_interval, 1U);
}

TEST_F(PredictionCacheTest, ThreadsGetTheAnswersOfTheirOwnRowsWhileVersionsComeAndGo) {
  constexpr int kThreads = 6;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int version = 1; version < 40; ++version) {
        const auto model = Model("pm25", version);
        const auto cached = cache_.Attach(*model);
        for (int i = 0; i < 200; ++i) {
          const std::array<float, 3> row{static_cast<float>(i % 20), 0, 0};
          const float right = static_cast<float>(version * 100 + i % 20 + t * 10'000);
          std::array<float, 1> values{};
          const auto source =
              cached->Answer(AnswerParts::kOutputs, row, base::Instant(seconds(1000)), values, [&] {
                values[0] = right;
                return base::Result<void>();
              });
          if (!source.ok() || values[0] != right) ++wrong;
        }
        if (version % 10 == 0) cache_.Clear();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace geoclimate::inference
