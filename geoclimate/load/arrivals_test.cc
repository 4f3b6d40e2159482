#include "geoclimate/load/arrivals.h"

#include <gtest/gtest.h>

#include <cmath>

namespace geoclimate::load {
namespace {

TEST(Arrivals, EvenOnesDoNotDrift) {
  Arrivals arrivals(Arrivals::Pattern::kEven, 300, 0);
  std::chrono::nanoseconds last{0};
  for (int i = 0; i < 300'000; ++i) last = arrivals.Next();
  EXPECT_EQ(last, std::chrono::seconds(1000));
}

TEST(Arrivals, IndependentOnesHaveExponentialIntervals) {
  Arrivals arrivals(Arrivals::Pattern::kPoisson, 1000, 3);
  constexpr int kCount = 200'000;
  double sum = 0;
  double squares = 0;
  std::chrono::nanoseconds before{0};
  for (int i = 0; i < kCount; ++i) {
    const std::chrono::nanoseconds at = arrivals.Next();
    ASSERT_GE(at, before);
    const double interval = std::chrono::duration<double>(at - before).count();
    sum += interval;
    squares += interval * interval;
    before = at;
  }
  // Of an exponential distribution mean and standard deviation are the same.
  EXPECT_NEAR(sum / kCount, 0.001, 0.00001);
  EXPECT_NEAR(std::sqrt(squares / kCount - std::pow(sum / kCount, 2)), 0.001, 0.00001);
}

}  // namespace
}  // namespace geoclimate::load
