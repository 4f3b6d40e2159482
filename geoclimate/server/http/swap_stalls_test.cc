#include "geoclimate/server/http/swap_stalls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace geoclimate::server::http {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;
using testing::Not;

class SwapStallsTest : public testing::Test {
 protected:
  void EndTurnAfter(SwapStalls& stalls, microseconds time) {
    const base::Instant began = clock_.MonotonicNow();
    clock_.Advance(time);
    stalls.EndTurn(began);
  }
  std::string Rendered() const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return text;
  }

  telemetry::MetricRegistry metrics_;
  telemetry::SwapEpoch swaps_;
  base::FakeClock clock_{base::Timestamp()};
};

TEST_F(SwapStallsTest, OnlyTurnsBesideAnExchangeCount) {
  SwapStalls stalls(metrics_, &swaps_, clock_);
  stalls.BeginTurn();
  EndTurnAfter(stalls, microseconds(2000));
  stalls.BeginTurn();
  {
    const telemetry::SwapEpoch::Swap swap(swaps_);
  }
  EndTurnAfter(stalls, microseconds(80));
  const std::string text = Rendered();
  EXPECT_THAT(text, HasSubstr("model_swap_stall_seconds_bucket{le=\"5e-05\"} 0"));
  EXPECT_THAT(text, HasSubstr("model_swap_stall_seconds_bucket{le=\"0.0001\"} 1"));
  EXPECT_THAT(text, HasSubstr("model_swap_stall_seconds_count 1"));
}

TEST_F(SwapStallsTest, ATurnThatOutlastsTheExchangeCountsWhole) {
  SwapStalls stalls(metrics_, &swaps_, clock_);
  {
    const telemetry::SwapEpoch::Swap swap(swaps_);
    stalls.BeginTurn();
  }
  EndTurnAfter(stalls, microseconds(3000));
  EXPECT_THAT(Rendered(), HasSubstr("model_swap_stall_seconds_sum 0.003"));
}

TEST_F(SwapStallsTest, WithoutModelsThereIsNoMetric) {
  SwapStalls stalls(metrics_, nullptr, clock_);
  stalls.BeginTurn();
  EndTurnAfter(stalls, microseconds(5));
  EXPECT_THAT(Rendered(), Not(HasSubstr("model_swap_stall_seconds")));
}

}  // namespace
}  // namespace geoclimate::server::http
