#include "geoclimate/service/cached_prediction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "geoclimate/base/clock.h"
#include "geoclimate/service/testing/example_models.h"

namespace geoclimate::service {
namespace {

using ::testing::HasSubstr;

const float kNan = std::numeric_limits<float>::quiet_NaN();

class CachedPredictionTest : public testing::Test {
 protected:
  CachedPredictionTest() { Attach(trees_); }
  void Attach(ServedModel& served) {
    served.cache = cache_.Attach(*served.model);
    served.metrics = PredictionMetrics::Of(metrics_, served.description);
  }
  base::Instant now() const { return clock_.MonotonicNow(); }
  // A row of the forecaster with this last value.
  std::vector<float> ForecasterRow(float last) const {
    std::vector<float> row(forecaster_.schema().size(), 1);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string& name = forecaster_.schema().features()[i].name;
      if (name == features::FeatureBuilder::LastValueName(airquality::Pollutant::kPm25)) {
        row[i] = last;
      }
    }
    return row;
  }
  bool MetricsHave(const std::string& line) const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text.find("\n" + line + "\n") != std::string::npos;
  }

  base::FakeClock clock_{base::DayStart(base::MakeDay(2021, 1, 1), {})};
  telemetry::MetricRegistry metrics_;
  inference::PredictionCache cache_{
      {.memory = {.max_bytes = std::size_t{1} << 20}}, clock_, metrics_};
  ServedModel trees_ = ServeExampleTrees("trees");
  ServedModel forecaster_ = ServeExampleForecaster("pm25_d1");
};

TEST_F(CachedPredictionTest, ARowIsAnsweredFromTheCacheAsItWasComputed) {
  Attach(forecaster_);
  const std::vector<float> row = ForecasterRow(12);
  std::array<float, 1> out{};
  std::array<Interval, 1> interval{};
  std::array<float, 1> again{};
  std::array<Interval, 1> interval_again{};
  EXPECT_EQ(*ScoreRow(forecaster_, row, now(), out, interval), AnswerSource::kComputed);
  EXPECT_EQ(*ScoreRow(forecaster_, row, now(), again, interval_again), AnswerSource::kCached);
  EXPECT_EQ(out, again);
  EXPECT_EQ(interval[0].p10, interval_again[0].p10);
  EXPECT_EQ(interval[0].p90, interval_again[0].p90);
  EXPECT_LT(interval[0].p10, interval[0].p90);
  EXPECT_EQ(*ScoreRow(forecaster_, row, now(), out, {}), AnswerSource::kComputed)
      << "without an interval it is another answer";
  EXPECT_EQ(out, again);
  EXPECT_TRUE(MetricsHave(R"(predictions_total{model="pm25_d1",version="v1",status="success"} 3)"));
}

TEST_F(CachedPredictionTest, WithoutACacheEveryRowIsComputed) {
  trees_.cache = nullptr;
  const std::array<float, 3> row{1, 2, 3};
  std::array<float, 1> out{};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*ScoreRow(trees_, row, now(), out, {}), AnswerSource::kComputed);
  }
}

TEST_F(CachedPredictionTest, ARowWithoutAnAnswerIsAnErrorEachTime) {
  Attach(forecaster_);
  const std::vector<float> row(forecaster_.schema().size(), kNan);
  std::array<float, 1> out{};
  for (int i = 0; i < 2; ++i) {
    const auto scored = ScoreRow(forecaster_, row, now(), out, {});
    ASSERT_FALSE(scored.ok());
    EXPECT_EQ(scored.error().code(), base::ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(cache_.statistics().entries, 0U);
}

TEST_F(CachedPredictionTest, ABatchComputesOnlyTheRowsThatAreNew) {
  Attach(forecaster_);
  std::vector<float> rows;
  for (const float last : {5.0F, 6.0F, 7.0F, 8.0F}) {
    const std::vector<float> row = ForecasterRow(last);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  const std::size_t columns = forecaster_.schema().size();
  std::array<float, 4> plain{};
  std::array<Interval, 4> plain_intervals{};
  ASSERT_TRUE(ScoreWithIntervals(forecaster_, rows, 4, 0, plain, plain_intervals).ok());
  CachedBatch batch;
  std::array<float, 4> out{};
  std::array<Interval, 4> intervals{};
  // The rows 1 and 3 come first.
  for (const std::size_t row : {1U, 3U}) {
    const auto one = batch.Score(forecaster_, std::span(rows).subspan(row * columns, columns), 1, 0,
                                 now(), std::span(out).first(1), std::span(intervals).first(1));
    ASSERT_TRUE(one.ok());
    EXPECT_EQ(*one, 0U);
  }
  EXPECT_EQ(*batch.Score(forecaster_, rows, 4, 0, now(), out, intervals), 2U);
  EXPECT_EQ(out, plain);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(intervals[i].p10, plain_intervals[i].p10);
    EXPECT_EQ(intervals[i].p90, plain_intervals[i].p90);
  }
  out = {};
  EXPECT_EQ(*batch.Score(forecaster_, rows, 4, 0, now(), out, intervals), 4U);
  EXPECT_EQ(out, plain);
  EXPECT_TRUE(
      MetricsHave(R"(predictions_total{model="pm25_d1",version="v1",status="success"} 14)"));
}

TEST_F(CachedPredictionTest, ABadRowOfABatchIsNamedAsTheCallerCounts) {
  Attach(forecaster_);
  CachedBatch batch;
  std::vector<float> rows = ForecasterRow(5);
  std::array<float, 2> out{};
  ASSERT_TRUE(batch.Score(forecaster_, rows, 1, 0, now(), std::span(out).first(1), {}).ok());
  rows.insert(rows.end(), forecaster_.schema().size(), kNan);
  const auto scored = batch.Score(forecaster_, rows, 2, 640, now(), out, {});
  ASSERT_FALSE(scored.ok());
  EXPECT_THAT(scored.error().message(), HasSubstr("row 641"));
}

TEST_F(CachedPredictionTest, ANewVersionIsWarmedWithItsOwnAnswersAndCountsNoPredictions) {
  ServedModel next = ServeExampleTrees("trees", 2);
  Attach(next);
  std::array<float, 1> out{};
  for (const float last : {1.0F, 20.0F}) {
    const std::array<float, 3> row{last, 0, kNan};
    ASSERT_TRUE(ScoreRow(trees_, row, now(), out, {}).ok());
  }
  EXPECT_EQ(WarmCache(cache_, next, 10, std::chrono::seconds(1)), 2U);
  EXPECT_TRUE(MetricsHave(R"(predictions_total{model="trees",version="v2",status="success"} 0)"));
  const std::array<float, 3> row{20, 0, kNan};
  EXPECT_EQ(*ScoreRow(next, row, now(), out, {}), AnswerSource::kCached);
  EXPECT_EQ(out[0], 2);
}

}  // namespace
}  // namespace geoclimate::service
