#include "geoclimate/training/conformal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace geoclimate::training {
namespace {

struct Sample {
  std::vector<double> errors;
  std::vector<double> means;
};

// Skewed errors whose size grows with the mean, as those of concentrations do.
Sample Skewed(std::size_t size, std::mt19937& random) {
  std::lognormal_distribution<double> mean(2, 0.5);
  std::lognormal_distribution<double> error(0, 0.6);
  Sample sample;
  for (std::size_t i = 0; i < size; ++i) {
    sample.means.push_back(mean(random));
    sample.errors.push_back((error(random) - 1.2) * (1 + 0.2 * sample.means.back()));
  }
  return sample;
}

// The share of a sample between two quantile levels.
double Share(const model::Calibration& calibration, const Sample& sample, std::size_t low,
             std::size_t high) {
  std::size_t inside = 0;
  for (std::size_t i = 0; i < sample.errors.size(); ++i) {
    const double spread =
        calibration.spread.floor + calibration.spread.slope * std::abs(sample.means[i]);
    if (sample.errors[i] >= calibration.offsets[low] * spread &&
        sample.errors[i] <= calibration.offsets[high] * spread) {
      ++inside;
    }
  }
  return static_cast<double>(inside) / static_cast<double>(sample.errors.size());
}

TEST(Conformal, TheMiddle80PercentHold80PercentOfNewRows) {
  std::mt19937 random(3);
  const Sample calibrate = Skewed(4000, random);
  const Sample fresh = Skewed(20'000, random);
  const model::Calibration calibration = CalibrateLevel(calibrate.errors, calibrate.means);
  EXPECT_NEAR(Share(calibration, fresh, model::kP10, model::kP90), 0.80, 0.02);
  EXPECT_NEAR(Share(calibration, fresh, 0, model::kQuantileLevels.size() - 1), 0.90, 0.02);
}

TEST(Conformal, CoverageHoldsForSmallAndLargeReferencesAlike) {
  std::mt19937 random(4);
  const Sample calibrate = Skewed(8000, random);
  const model::Calibration calibration = CalibrateLevel(calibrate.errors, calibrate.means);
  const Sample fresh = Skewed(40'000, random);
  Sample small;
  Sample large;
  for (std::size_t i = 0; i < fresh.errors.size(); ++i) {
    Sample& half = fresh.means[i] < 7.4 ? small : large;
    half.errors.push_back(fresh.errors[i]);
    half.means.push_back(fresh.means[i]);
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
    share +=
        Share(CalibrateLevel(calibrate.errors, calibrate.means), fresh, model::kP10, model::kP90) /
        kRounds;
  }
  EXPECT_GE(share, 0.79);
}

TEST(Conformal, OffsetsAscend) {
  std::mt19937 random(6);
  for (const std::size_t size : {1u, 2u, 5u, 100u}) {
    const Sample sample = Skewed(size, random);
    const model::Calibration calibration = CalibrateLevel(sample.errors, sample.means);
    EXPECT_TRUE(std::ranges::is_sorted(calibration.offsets)) << size;
    EXPECT_GT(calibration.spread.floor, 0);
    EXPECT_GE(calibration.spread.slope, 0);
  }
}

TEST(Conformal, ErrorsThatDoNotGrowWithTheReferenceGetOneSpread) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  Sample sample;
  for (int i = 0; i < 5000; ++i) {
    sample.errors.push_back(2 * normal(random));
    sample.means.push_back(10 + normal(random));
  }
  const model::Calibration calibration = CalibrateLevel(sample.errors, sample.means);
  const double at_10 = calibration.spread.floor + 10 * calibration.spread.slope;
  // The 90 % point of a normal distribution is 1.2816 standard deviations.
  EXPECT_NEAR(calibration.offsets[model::kP90] * at_10, 2 * 1.2816, 0.15);
}

TEST(Conformal, AForecastThatIsNeverWrongKeepsFiniteQuantiles) {
  const std::vector<double> zeros(100, 0.0);
  const model::Calibration calibration = CalibrateLevel(zeros, zeros);
  for (const double offset : calibration.offsets) EXPECT_EQ(offset, 0);
  EXPECT_TRUE(std::isfinite(calibration.spread.floor));
}

}  // namespace
}  // namespace geoclimate::training
