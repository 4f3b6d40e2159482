#include "geoclimate/load/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace geoclimate::load {
namespace {

using std::chrono::nanoseconds;

TEST(LatencyHistogram, QuantilesAreWithinOne128thAboveTheTrueOnes) {
  std::mt19937_64 random(7);
  std::vector<std::int64_t> latencies;
  LatencyHistogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    const double exponent = static_cast<double>(random() % 1'000'000) / 1'000'000 * 12;
    latencies.push_back(std::llround(std::pow(10, exponent)));
    histogram.Add(nanoseconds(latencies.back()));
  }
  std::sort(latencies.begin(), latencies.end());
  for (const double quantile : {0.0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto rank = std::max(1.0, std::ceil(quantile * 20'000));
    const auto expected = static_cast<double>(latencies[static_cast<std::size_t>(rank) - 1]);
    const auto said = static_cast<double>(histogram.Quantile(quantile).count());
    EXPECT_GE(said, expected) << quantile;
    EXPECT_LE(said, expected * (1 + 1.0 / 128)) << quantile;
  }
  EXPECT_EQ(histogram.Quantile(1).count(), latencies.back());
  EXPECT_EQ(histogram.max().count(), latencies.back());
  EXPECT_EQ(histogram.count(), latencies.size());
}

TEST(LatencyHistogram, EveryBucketEndsBeforeTheNextBegins) {
  LatencyHistogram histogram;
  std::int64_t longest = -1;
  for (std::int64_t latency = 0; latency < 200'000; ++latency) {
    LatencyHistogram one;
    one.Add(nanoseconds(latency));
    one.Visit([&](nanoseconds last, std::uint64_t count) {
      EXPECT_EQ(count, 1u);
      EXPECT_GE(last.count(), latency);
      EXPECT_GE(last.count(), longest);
      longest = last.count();
    });
    if (latency > 1000) latency += 37;
  }
}

TEST(LatencyHistogram, OddLatenciesAreHeldToItsEnds) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5).count(), 0);
  EXPECT_EQ(histogram.mean().count(), 0);
  histogram.Add(nanoseconds(-5));
  EXPECT_EQ(histogram.max().count(), 0);
  histogram.Add(std::chrono::hours(1000));
  EXPECT_GT(histogram.max(), std::chrono::hours(1));
  EXPECT_EQ(histogram.Quantile(1), histogram.max());
}

}  // namespace
}  // namespace geoclimate::load
