#include "geoclimate/training/conformal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace geoclimate::training {
namespace {

struct Sample {
  std::vector<double> residuals;
  std::vector<double> references;
};

// Skewed residuals whose size grows with the reference, as those of concentrations do.
Sample Skewed(std::size_t size, std::mt19937& random) {
  std::lognormal_distribution<double> reference(2, 0.5);
  std::lognormal_distribution<double> residual(0, 0.6);
  Sample sample;
  for (std::size_t i = 0; i < size; ++i) {
    sample.references.push_back(reference(random));
    sample.residuals.push_back((residual(random) - 1.2) * (1 + 0.2 * sample.references.back()));
  }
  return sample;
}

// The share of a sample between two quantile levels.
double Share(const model::Calibration& calibration, const Sample& sample, std::size_t low,
             std::size_t high) {
  std::size_t inside = 0;
  for (std::size_t i = 0; i < sample.residuals.size(); ++i) {
    const double spread =
        calibration.spread_floor + calibration.spread_slope * std::abs(sample.references[i]);
    if (sample.residuals[i] >= calibration.offsets[low] * spread &&
        sample.residuals[i] <= calibration.offsets[high] * spread) {
      ++inside;
    }
  }
  return static_cast<double>(inside) / static_cast<double>(sample.residuals.size());
}

TEST(Conformal, TheMiddle80PercentHold80PercentOfNewRows) {
  std::mt19937 random(3);
  const Sample calibrate = Skewed(4000, random);
  const Sample fresh = Skewed(20'000, random);
  const model::Calibration calibration = Calibrate(calibrate.residuals, calibrate.references);
  EXPECT_NEAR(Share(calibration, fresh, model::kP10, model::kP90), 0.80, 0.02);
  EXPECT_NEAR(Share(calibration, fresh, 0, model::kQuantileLevels.size() - 1), 0.90, 0.02);
}

TEST(Conformal, CoverageHoldsForSmallAndLargeReferencesAlike) {
  std::mt19937 random(4);
  const Sample calibrate = Skewed(8000, random);
  const model::Calibration calibration = Calibrate(calibrate.residuals, calibrate.references);
  const Sample fresh = Skewed(40'000, random);
  Sample small;
  Sample large;
  for (std::size_t i = 0; i < fresh.residuals.size(); ++i) {
    Sample& half = fresh.references[i] < 7.4 ? small : large;
    half.residuals.push_back(fresh.residuals[i]);
    half.references.push_back(fresh.references[i]);
  }
  EXPECT_NEAR(Share(calibration, small, model::kP10, model::kP90), 0.80, 0.04);
  EXPECT_NEAR(Share(calibration, large, model::kP10, model::kP90), 0.80, 0.04);
}

TEST(Conformal, FewRowsAreCoveredAtLeastAsOftenOnAverage) {
  std::mt19937 random(5);
  double share = 0;
  constexpr int kRounds = 300;
  for (int round = 0; round < kRounds; ++round) {
    const Sample calibrate = Skewed(30, random);
    const Sample fresh = Skewed(200, random);
    share += Share(Calibrate(calibrate.residuals, calibrate.references), fresh, model::kP10,
                   model::kP90) /
             kRounds;
  }
  EXPECT_GE(share, 0.79);
}

TEST(Conformal, OffsetsAscend) {
  std::mt19937 random(6);
  for (const std::size_t size : {1u, 2u, 5u, 100u}) {
    const Sample sample = Skewed(size, random);
    const model::Calibration calibration = Calibrate(sample.residuals, sample.references);
    EXPECT_TRUE(std::ranges::is_sorted(calibration.offsets)) << size;
    EXPECT_GT(calibration.spread_floor, 0);
    EXPECT_GE(calibration.spread_slope, 0);
  }
}

TEST(Conformal, ErrorsThatDoNotGrowWithTheReferenceGetOneSpread) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  Sample sample;
  for (int i = 0; i < 5000; ++i) {
    sample.residuals.push_back(2 * normal(random));
    sample.references.push_back(10 + normal(random));
  }
  const model::Calibration calibration = Calibrate(sample.residuals, sample.references);
  const double at_10 = calibration.spread_floor + 10 * calibration.spread_slope;
  // The 90 % point of a normal distribution is 1.2816 standard deviations.
  EXPECT_NEAR(calibration.offsets[model::kP90] * at_10, 2 * 1.2816, 0.15);
}

TEST(Conformal, AForecastThatIsNeverWrongKeepsFiniteQuantiles) {
  const std::vector<double> zeros(100, 0.0);
  const model::Calibration calibration = Calibrate(zeros, zeros);
  for (const double offset : calibration.offsets) EXPECT_EQ(offset, 0);
  EXPECT_TRUE(std::isfinite(calibration.spread_floor));
}

}  // namespace
}  // namespace geoclimate::training
