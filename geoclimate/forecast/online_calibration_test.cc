#include "geoclimate/forecast/online_calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "geoclimate/forecast/distribution.h"

namespace geoclimate::forecast {
namespace {

// Quantiles of a normal distribution: mean + spread * z.
model::Distribution Normal(double mean, double spread) {
  constexpr std::array<double, model::kQuantileLevels.size()> kZ = {
      -1.645, -1.282, -0.842, -0.524, -0.253, 0, 0.253, 0.524, 0.842, 1.282, 1.645};
  model::Distribution distribution;
  distribution.mean = static_cast<float>(mean);
  for (std::size_t k = 0; k < kZ.size(); ++k) {
    distribution.quantiles[k] = static_cast<float>(mean + spread * kZ[k]);
  }
  return distribution;
}

struct Coverage {
  int rows = 0;
  int inside = 0;
  int below = 0;
  double share() const { return static_cast<double>(inside) / rows; }
};

// Issues the same distribution every day to `sites` sites whose values follow another one.
Coverage IssueDaily(OnlineCalibration& calibration, int days, int sites, double spread,
                    double bias) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  Coverage coverage;
  for (int day = 0; day < days; ++day) {
    const model::Distribution issued = calibration.Apply(Normal(10, 2));
    std::vector<VerifiedForecast> verified;
    for (int site = 0; site < sites; ++site) {
      verified.push_back(
          {issued.quantiles, static_cast<float>(10 + bias + spread * normal(random))});
      const float observed = verified.back().observed;
      ++coverage.rows;
      coverage.inside +=
          observed >= issued.quantiles[model::kP10] && observed <= issued.quantiles[model::kP90];
      coverage.below += observed <= issued.quantiles[model::kP50];
    }
    calibration.Learn(verified);
  }
  return coverage;
}

TEST(OnlineCalibration, ANewOneChangesNothing) {
  const model::Distribution distribution = Normal(10.25, 1.7);
  EXPECT_EQ(OnlineCalibration().Apply(distribution).quantiles, distribution.quantiles);
}

TEST(OnlineCalibration, WidensIntervalsThatAreTooNarrow) {
  OnlineCalibration calibration;
  IssueDaily(calibration, 100, 40, 4, 0);
  const Coverage later = IssueDaily(calibration, 400, 40, 4, 0);
  EXPECT_NEAR(later.share(), 0.8, 0.015);
}

TEST(OnlineCalibration, NarrowsIntervalsThatAreTooWide) {
  OnlineCalibration calibration;
  IssueDaily(calibration, 100, 40, 1, 0);
  const Coverage later = IssueDaily(calibration, 400, 40, 1, 0);
  EXPECT_NEAR(later.share(), 0.8, 0.015);
}

TEST(OnlineCalibration, MovesTheMedianUnderABias) {
  OnlineCalibration calibration;
  IssueDaily(calibration, 100, 40, 2, 1.5);
  const Coverage later = IssueDaily(calibration, 400, 40, 2, 1.5);
  EXPECT_NEAR(static_cast<double>(later.below) / later.rows, 0.5, 0.02);
}

TEST(OnlineCalibration, ReachesBeyondTheOutermostQuantiles) {
  OnlineCalibration calibration;
  IssueDaily(calibration, 300, 40, 6, 0);
  const Coverage later = IssueDaily(calibration, 400, 40, 6, 0);
  EXPECT_NEAR(later.share(), 0.8, 0.02);
}

TEST(OnlineCalibration, QuantilesStayAscendingAndFinite) {
  OnlineCalibration calibration;
  const model::Distribution issued = Normal(10, 2);
  for (int day = 0; day < 500; ++day) {
    std::vector<VerifiedForecast> verified(100, {issued.quantiles, day % 2 == 0 ? 1e9F : 12.0F});
    calibration.Learn(verified);
    const model::Distribution corrected = calibration.Apply(issued);
    EXPECT_TRUE(std::ranges::is_sorted(corrected.quantiles));
    EXPECT_TRUE(std::ranges::all_of(corrected.quantiles, [](float q) { return std::isfinite(q); }));
    EXPECT_EQ(corrected.mean, issued.mean);
  }
}

TEST(OnlineCalibration, TheOrderWithinADayDoesNotMatterAndAnEmptyDayTeachesNothing) {
  const model::Distribution issued = Normal(10, 2);
  std::vector<VerifiedForecast> verified;
  for (int i = 0; i < 30; ++i) {
    verified.push_back({issued.quantiles, static_cast<float>(i)});
  }
  OnlineCalibration forwards;
  forwards.Learn(verified);
  std::ranges::reverse(verified);
  OnlineCalibration backwards;
  backwards.Learn(verified);
  EXPECT_EQ(forwards, backwards);
  forwards.Learn({});
  EXPECT_EQ(forwards, backwards);
}

TEST(OnlineCalibration, AKeptStateGoesOnWhereItStopped) {
  OnlineCalibration calibration;
  IssueDaily(calibration, 50, 20, 3, 1);
  OnlineCalibration kept(calibration.shifts());
  EXPECT_EQ(kept, calibration);
  IssueDaily(calibration, 10, 20, 3, 1);
  IssueDaily(kept, 10, 20, 3, 1);
  EXPECT_EQ(kept, calibration);
}

}  // namespace
}  // namespace geoclimate::forecast
