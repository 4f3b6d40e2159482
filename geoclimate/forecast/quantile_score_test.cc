#include "geoclimate/forecast/quantile_score.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace geoclimate::forecast {
namespace {

TEST(QuantileScore, CrpsOfASinglePointIsItsDistance) {
  const std::vector<double> levels = {0.05, 0.1, 0.3, 0.5, 0.8, 0.9};
  const std::vector<float> quantiles(levels.size(), 7.0F);
  EXPECT_NEAR(CrpsFromQuantiles(kGivenLevels, std::vector<float>(3, 7.0F), 10), 3, 1e-12);
  EXPECT_NEAR(CrpsFromQuantiles(kGivenLevels, std::vector<float>(3, 7.0F), 5), 2, 1e-12);
  // The shares are not symmetric, so above and below differ, but each is a mean of the levels.
  EXPECT_NEAR(
      CrpsFromQuantiles(levels, quantiles, 10) / 3 + CrpsFromQuantiles(levels, quantiles, 4) / 3, 2,
      1e-12);
}

TEST(QuantileScore, CrpsOfManyNormalQuantilesComesNearTheClosedForm) {
  // The standard normal's quantiles by bisection; CRPS(0) = sqrt(2)/sqrt(pi)... = 0.23370 (Gneiting
  // et al. 2005, eq. 5).
  std::vector<double> levels;
  std::vector<float> quantiles;
  for (int i = 0; i < 400; ++i) {
    levels.push_back((i + 0.5) / 400);
    double low = -10;
    double high = 10;
    while (high - low > 1e-9) {
      const double middle = (low + high) / 2;
      (0.5 * std::erfc(-middle / std::sqrt(2.0)) < levels.back() ? low : high) = middle;
    }
    quantiles.push_back(static_cast<float>(low));
  }
  EXPECT_NEAR(CrpsFromQuantiles(levels, quantiles, 0), 0.2337, 5e-4);
  EXPECT_NEAR(CrpsFromQuantiles(levels, quantiles, 1.5), 1.5 * 0.866386 + 2 * 0.129518 - 0.564190,
              5e-4);
}

TEST(QuantileScore, AnIntervalPaysForItsWidthAndTenfoldForWhatItMisses) {
  EXPECT_DOUBLE_EQ(IntervalScore(8, 15, 12), 7);
  EXPECT_DOUBLE_EQ(IntervalScore(8, 15, 15), 7);
  EXPECT_DOUBLE_EQ(IntervalScore(8, 15, 16), 17);
  EXPECT_DOUBLE_EQ(IntervalScore(8, 15, 7.5), 12);
}

TEST(QuantileScore, AnObservationFallsIntoOneBinOrBetweenEquals) {
  using Weights = std::array<double, kPitBins>;
  const GivenQuantiles quantiles = {5, 10, 20};
  EXPECT_EQ(PitWeights(quantiles, 4), (Weights{1, 0, 0, 0}));
  EXPECT_EQ(PitWeights(quantiles, 7), (Weights{0, 1, 0, 0}));
  EXPECT_EQ(PitWeights(quantiles, 15), (Weights{0, 0, 1, 0}));
  EXPECT_EQ(PitWeights(quantiles, 25), (Weights{0, 0, 0, 1}));
  EXPECT_EQ(PitWeights(quantiles, 5), (Weights{0.5, 0.5, 0, 0}));
  EXPECT_EQ(PitWeights(quantiles, 20), (Weights{0, 0, 0.5, 0.5}));
  EXPECT_EQ(PitWeights({5, 5, 20}, 5), (Weights{0, 1, 0, 0}));
  EXPECT_EQ(PitWeights({5, 5, 5}, 5), (Weights{0, 0.5, 0.5, 0}));
}

}  // namespace
}  // namespace geoclimate::forecast
