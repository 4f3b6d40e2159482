#include "geoclimate/inference/model_scheduler.h"

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/stump.h"

namespace geoclimate::inference {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

class ModelSchedulerTest : public testing::Test {
 protected:
  ModelScheduler Make(const SchedulerOptions& options, const ScoringCost& cost) {
    return {model_, cost, pool_, clock_, options, {}};
  }

  const base::SystemClock clock_;
  ComputePool pool_{2, clock_};
  std::shared_ptr<const LoadedModel> model_ = Stump();
};

TEST_F(ModelSchedulerTest, ScoresInlineWhatIsShortByItsMeasuredCost) {
  const ModelScheduler scheduler =
      Make({.inline_below = microseconds(100)},
           {.one_row = nanoseconds(5000), .batch_row = nanoseconds(1000)});
  EXPECT_TRUE(scheduler.ScoresInline(1));
  EXPECT_TRUE(scheduler.ScoresInline(95));
  EXPECT_FALSE(scheduler.ScoresInline(96));
  EXPECT_EQ(scheduler.RowsIn(microseconds(200)), 200U);
  EXPECT_EQ(scheduler.RowsIn(nanoseconds(1)), 1U);
}

TEST_F(ModelSchedulerTest, AnswersRowsAndWhatIsDoneAloneOnTheInstances) {
  for (const auto policy : {InstancePolicy::kRoundRobin, InstancePolicy::kLeastConnections}) {
    ModelScheduler scheduler = Make({.instances = 3, .policy = policy}, {});
    for (int i = 0; i < 50; ++i) {
      const std::vector<float> rows = {static_cast<float>(i % 7), 9};
      std::vector<float> answers(2);
      std::promise<base::Result<void>> scored;
      ScoreJob job({.rows = rows, .count = 2, .answers = answers},
                   [&](base::Result<void> result) { scored.set_value(std::move(result)); });
      ASSERT_TRUE(scheduler.Submit(job).ok());
      std::promise<base::Result<void>> done;
      ScoreJob alone({.alone = [] { return base::Result<void>(); }},
                     [&](base::Result<void> result) { done.set_value(std::move(result)); });
      ASSERT_TRUE(scheduler.Submit(alone).ok());
      EXPECT_TRUE(scored.get_future().get().ok());
      EXPECT_TRUE(done.get_future().get().ok());
      EXPECT_EQ(answers, (std::vector<float>{i % 7 < 3 ? 1.0F : 2.0F, 2.0F}));
    }
  }
}

TEST_F(ModelSchedulerTest, ShedsWhatIsOverTheConcurrencyLimitAndCountsIt) {
  telemetry::MetricRegistry metrics;
  SchedulerMetrics counters;
  counters.shed_concurrency = metrics.AddCounter("shed_total", "Refused");
  SchedulerOptions options;
  options.concurrency = {.initial = 1, .least = 1, .most = 1};
  ModelScheduler scheduler(model_, {}, pool_, clock_, options, counters);
  std::promise<void> open;
  const auto opened = open.get_future().share();
  std::promise<void> done;
  std::optional<ScoreJob> first;
  first.emplace(ScoreRequest{.alone =
                                 [opened] {
                                   opened.wait();
                                   return base::Result<void>();
                                 }},
                [&](const base::Result<void>&) { done.set_value(); });
  ASSERT_TRUE(scheduler.Submit(*first).ok());
  ScoreJob second({.alone = [] { return base::Result<void>(); }}, [](const base::Result<void>&) {});
  const auto refused = scheduler.Submit(second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), base::ErrorCode::kUnavailable);
  open.set_value();
  done.get_future().wait();
  std::string text;
  metrics.Render(telemetry::Exposition::kPrometheus, text);
  EXPECT_NE(text.find("shed_total 1"), std::string::npos) << text;
  // What was refused or withdrawn counts no more.
  first.reset();
  for (int i = 0; i < 3; ++i) {
    std::promise<void> again;
    ScoreJob job({.alone = [] { return base::Result<void>(); }},
                 [&](const base::Result<void>&) { again.set_value(); });
    ASSERT_TRUE(scheduler.Submit(job).ok());
    again.get_future().wait();
  }
}

TEST(SchedulerOptions, RefusesWhatMakesNoSense) {
  EXPECT_TRUE(SchedulerOptions().Validate().ok());
  EXPECT_FALSE((SchedulerOptions{.instances = 0}).Validate().ok());
  EXPECT_FALSE((SchedulerOptions{.inline_below = microseconds(-1)}).Validate().ok());
}

}  // namespace
}  // namespace geoclimate::inference
