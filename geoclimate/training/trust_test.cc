#include "geoclimate/training/trust.h"

#include <gtest/gtest.h>

#include <vector>

namespace geoclimate::training {
namespace {

// Rows whose members correct the baseline of 10 by `corrections`, and of that `share` came.
double TrustWhere(double share, const std::vector<double>& corrections) {
  const std::vector<double> baselines(corrections.size(), 10);
  std::vector<double> means;
  std::vector<double> targets;
  for (const double correction : corrections) {
    means.push_back(10 + correction);
    targets.push_back(10 + share * correction);
  }
  return BestTrust(baselines, means, targets);
}

TEST(BestTrust, IsTheShareOfTheCorrectionsThatCame) {
  EXPECT_DOUBLE_EQ(TrustWhere(0.25, {1, -2, 3}), 0.25);
  EXPECT_DOUBLE_EQ(TrustWhere(1, {1, -2, 3}), 1);
}

TEST(BestTrust, StaysWithinNoneAndFull) {
  EXPECT_EQ(TrustWhere(-0.5, {1, -2, 3}), 0);
  EXPECT_EQ(TrustWhere(1.5, {1, -2, 3}), 1);
}

TEST(BestTrust, IsFullWhereNothingIsCorrected) {
  EXPECT_EQ(TrustWhere(0.5, {0, 0}), 1);
  EXPECT_EQ(BestTrust({}, {}, {}), 1);
}

}  // namespace
}  // namespace geoclimate::training
