#include "geoclimate/inference/cache_payoff.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

namespace geoclimate::inference {
namespace {

using Rows = CachePayoff::Turn::Rows;
using std::chrono::seconds;

class CachePayoffTest : public testing::Test {
 protected:
  // A turn of one row that is found or not, where looking up takes 200 ns and keeping 300.
  Rows Serve(bool found, double compute_ns, std::uint64_t hash = 0) {
    const CachePayoff::Turn turn = payoff_.Begin(now_);
    if (turn.Includes(hash)) {
      CachePayoff::Costs costs;
      if (turn.timed) {
        costs.look_up = 200;
        if (!found) {
          costs.compute = compute_ns;
          costs.insertion = 300;
        }
      }
      payoff_.Record(found ? 1 : 0, found ? 0 : 1, costs, now_);
    }
    return turn.rows;
  }
  // `hits` of ten rows are found.
  void ServeMany(int rows, int hits, double compute_ns) {
    for (int i = 0; i < rows; ++i) {
      Serve(static_cast<int>(random_() % 10) < hits, compute_ns, random_());
    }
  }
  // Rows of which one in kProbeShare counts.
  static constexpr int kProbe = static_cast<int>(CachePayoff::kProbeShare) * 1200;

  telemetry::MetricRegistry metrics_;
  CachePayoff payoff_{
      CachePayoff::Metrics{.saved_seconds = metrics_.AddFloatCounter("saved_total", "s"),
                           .spent_seconds = metrics_.AddFloatCounter("spent_total", "s"),
                           .net_seconds = metrics_.AddGauge("net", "n"),
                           .active = metrics_.AddGauge("active", "a")}};
  base::Instant now_{seconds(1000)};
  std::mt19937 random_{5};

  double Metric(const std::string& name) const {
    std::string text;
    metrics_.Render(telemetry::Exposition::kPrometheus, text);
    return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
  }
};

TEST_F(CachePayoffTest, StaysOnWhileHitsSaveMoreThanMissesCost) {
  ServeMany(50'000, 7, 2000);
  EXPECT_TRUE(payoff_.on());
  EXPECT_NEAR(*payoff_.costs().compute, 2000, 1);
  EXPECT_NEAR(*payoff_.costs().look_up, 200, 1);
}

TEST_F(CachePayoffTest, RestsWhenComputingIsCheaperThanLookingUp) {
  ServeMany(static_cast<int>(CachePayoff::kWindowRows) + 100, 9, 100);
  EXPECT_FALSE(payoff_.on());
  EXPECT_EQ(Serve(true, 100), Rows::kNone);
  EXPECT_EQ(Metric("active"), 0);
}

TEST_F(CachePayoffTest, RestsWhenNothingRepeats) {
  ServeMany(static_cast<int>(CachePayoff::kWindowRows) + 100, 0, 5000);
  EXPECT_FALSE(payoff_.on());
}

TEST_F(CachePayoffTest, OneBadWindowAfterGoodOnesDoesNotTurnItOff) {
  ServeMany(50'000, 8, 2000);
  ServeMany(static_cast<int>(CachePayoff::kWindowRows), 2, 2000);
  EXPECT_TRUE(payoff_.on());
  ServeMany(static_cast<int>(CachePayoff::kWindowRows) * 4, 0, 2000);
  EXPECT_FALSE(payoff_.on());
}

TEST_F(CachePayoffTest, ProbesWithFewKeysAfterARestAndTurnsOnAgain) {
  ServeMany(5000, 0, 5000);
  ASSERT_FALSE(payoff_.on());
  now_ += CachePayoff::kShortestRest - seconds(1);
  EXPECT_EQ(Serve(true, 5000), Rows::kNone);
  now_ += seconds(1);
  EXPECT_EQ(Serve(true, 5000), Rows::kSome);
  ServeMany(kProbe, 8, 5000);
  EXPECT_TRUE(payoff_.on());
  EXPECT_EQ(Metric("active"), 1);
}

TEST_F(CachePayoffTest, EachFailedProbeMakesTheRestTwiceAsLong) {
  ServeMany(5000, 0, 5000);
  for (seconds rest = CachePayoff::kShortestRest; rest <= seconds(160); rest *= 2) {
    now_ += rest - seconds(1);
    EXPECT_EQ(Serve(false, 5000), Rows::kNone) << rest.count();
    now_ += seconds(1);
    EXPECT_EQ(Serve(false, 5000), Rows::kSome) << rest.count();
    ServeMany(kProbe, 0, 5000);
    ASSERT_FALSE(payoff_.on());
  }
}

TEST_F(CachePayoffTest, AProbeLooksUpTheSameShareOfKeysEachTimeTheyCome) {
  ServeMany(5000, 0, 5000);
  now_ += CachePayoff::kShortestRest;
  const CachePayoff::Turn turn = payoff_.Begin(now_);
  int included = 0;
  for (int i = 0; i < 16'000; ++i) {
    const std::uint64_t hash = random_();
    included += turn.Includes(hash) ? 1 : 0;
    EXPECT_EQ(turn.Includes(hash), payoff_.Begin(now_).Includes(hash));
  }
  EXPECT_NEAR(included, 1000, 120);
}

TEST_F(CachePayoffTest, ASampleFarAboveTheOthersDoesNotTurnItOff) {
  ServeMany(20'000, 7, 2000);
  // A thread that was put to sleep for 10 ms in a look-up.
  payoff_.Record(1, 0, {.look_up = 1e7, .compute = {}, .insertion = {}}, now_);
  EXPECT_LT(*payoff_.costs().look_up, 300);
}

TEST_F(CachePayoffTest, NetIsWhatHitsSaveLessWhatMissesCost) {
  for (int i = 0; i < 64'000; ++i) Serve(i % 4 != 0, 2000);
  const double saved = 48'000 * (2000 - 200) * 1e-9;
  const double spent = 16'000 * (200 + 300) * 1e-9;
  EXPECT_NEAR(Metric("saved_total"), saved, saved * 0.01);
  EXPECT_NEAR(Metric("spent_total"), spent, spent * 0.01);
  EXPECT_NEAR(Metric("net"), saved - spent, saved * 0.01);
}

TEST_F(CachePayoffTest, AHitThatCostsMoreThanComputingIsNoSaving) {
  ServeMany(4000, 9, 100);
  EXPECT_LT(Metric("net"), 0);
  EXPECT_EQ(Metric("saved_total"), 0);
}

TEST_F(CachePayoffTest, ManyThreadsMayUseItAtOnce) {
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (unsigned t = 0; t < 6; ++t) {
    threads.emplace_back([this, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 20'000; ++i) {
        const CachePayoff::Turn turn = payoff_.Begin(now_ + seconds(i / 100));
        if (!turn.Includes(random())) continue;
        const bool hit = i % 5000 < 2500 && i % 5 != 0;
        payoff_.Record(hit ? 1 : 0, hit ? 0 : 1,
                       {.look_up = 200, .compute = 1000, .insertion = 300},
                       now_ + seconds(i / 100));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_NEAR(*payoff_.costs().compute, 1000, 1);
}

}  // namespace
}  // namespace geoclimate::inference
