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

using airquality::SiteId;

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
  double share_below() const { return static_cast<double>(below) / rows; }

  void Add(const model::Distribution& issued, float observed) {
    ++rows;
    inside +=
        observed >= issued.quantiles[model::kP10] && observed <= issued.quantiles[model::kP90];
    below += observed <= issued.quantiles[model::kP50];
  }
};

SiteId Site(int number) {
  return SiteId::FromNumber(60370000 + static_cast<std::uint32_t>(number));
}

VerifiedForecast Verify(const model::Distribution& issued, SiteId site, std::int32_t mean_aqi,
                        float observed) {
  return {.site = site,
          .mean_aqi = mean_aqi,
          .quantiles = {issued.quantiles[model::kP10], issued.quantiles[model::kP50],
                        issued.quantiles[model::kP90]},
          .observed = observed};
}

struct World {
  int sites = 40;
  double spread = 2;  // of what is observed, where the forecast has 2
  double bias = 0;
  // The last site's values have another spread and bias.
  double last_spread = 2;
  double last_bias = 0;
  // Every tenth day has a mean over AQI 100, and values of this spread.
  double smoke_spread = 2;
};

struct Coverages {
  Coverage all;
  Coverage last_site;
  Coverage smoke;
};

// Issues the same distribution every day to sites whose values follow another one.
Coverages IssueDaily(OnlineCalibration& calibration, int days, const World& world,
                     unsigned seed = 7) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  Coverages coverages;
  for (int day = 0; day < days; ++day) {
    const bool smoke = day % 10 == 9;
    const std::int32_t mean_aqi = smoke ? 120 : 40;
    std::vector<VerifiedForecast> verified;
    for (int site = 0; site < world.sites; ++site) {
      const bool last = site == world.sites - 1;
      const model::Distribution issued = calibration.Apply(Normal(10, 2), Site(site), mean_aqi);
      const double spread = smoke ? world.smoke_spread : (last ? world.last_spread : world.spread);
      const double bias = last ? world.last_bias : world.bias;
      const auto observed = static_cast<float>(10 + bias + spread * normal(random));
      verified.push_back(Verify(issued, Site(site), mean_aqi, observed));
      coverages.all.Add(issued, observed);
      if (last && !smoke) coverages.last_site.Add(issued, observed);
      if (smoke) coverages.smoke.Add(issued, observed);
    }
    calibration.Learn(verified);
  }
  return coverages;
}

TEST(OnlineCalibration, ANewOneChangesNothing) {
  const model::Distribution distribution = Normal(10.25, 1.7);
  EXPECT_EQ(OnlineCalibration().Apply(distribution, Site(1), 40).quantiles, distribution.quantiles);
}

TEST(OnlineCalibration, OfPm25WhatIsOverAqi100BeginsWider) {
  const model::Distribution issued = Normal(60, 5);
  const OnlineCalibration pm25(airquality::Pollutant::kPm25);
  const model::Distribution smoke = pm25.Apply(issued, Site(1), 101);
  EXPECT_LT(smoke.quantiles[model::kP10], issued.quantiles[model::kP10] - 1);
  EXPECT_EQ(smoke.quantiles[model::kP50], issued.quantiles[model::kP50]);
  EXPECT_GT(smoke.quantiles[model::kP90], issued.quantiles[model::kP90] + 1);
  EXPECT_EQ(pm25.Apply(issued, Site(1), 100).quantiles, issued.quantiles);
  const OnlineCalibration ozone(airquality::Pollutant::kO3);
  EXPECT_EQ(ozone, OnlineCalibration());
  EXPECT_EQ(ozone.Apply(issued, Site(1), 101).quantiles, issued.quantiles);
}

TEST(OnlineCalibration, WhatIsWiderFromTheBeginningIsUnlearntWhereItIsTooWide) {
  OnlineCalibration calibration(airquality::Pollutant::kPm25);
  EXPECT_GT(IssueDaily(calibration, 20, {}).smoke.share(), 0.9);
  IssueDaily(calibration, 3000, {});
  EXPECT_NEAR(IssueDaily(calibration, 1000, {}, 8).smoke.share(), 0.8, 0.05);
}

TEST(OnlineCalibration, WidensIntervalsThatAreTooNarrow) {
  OnlineCalibration calibration;
  const World world = {.spread = 3, .last_spread = 3, .smoke_spread = 3};
  IssueDaily(calibration, 200, world);
  EXPECT_NEAR(IssueDaily(calibration, 400, world, 8).all.share(), 0.8, 0.02);
}

TEST(OnlineCalibration, NarrowsIntervalsThatAreTooWide) {
  OnlineCalibration calibration;
  const World world = {.spread = 1.4, .last_spread = 1.4, .smoke_spread = 1.4};
  IssueDaily(calibration, 200, world);
  EXPECT_NEAR(IssueDaily(calibration, 400, world, 8).all.share(), 0.8, 0.02);
}

TEST(OnlineCalibration, MovesTheMedianUnderABias) {
  OnlineCalibration calibration;
  const World world = {.bias = 1, .last_bias = 1};
  EXPECT_LT(IssueDaily(calibration, 5, world).all.share_below(), 0.4);
  IssueDaily(calibration, 200, world);
  EXPECT_NEAR(IssueDaily(calibration, 400, world, 8).all.share_below(), 0.5, 0.02);
}

TEST(OnlineCalibration, ASiteUnlikeTheOthersGetsAnIntervalOfItsOwn) {
  OnlineCalibration calibration;
  const World world = {.last_spread = 3, .last_bias = 1};
  const Coverage before = IssueDaily(calibration, 20, world).last_site;
  EXPECT_LT(before.share(), 0.65);
  IssueDaily(calibration, 300, world);
  const Coverages later = IssueDaily(calibration, 1000, world, 8);
  EXPECT_GT(later.last_site.share(), before.share() + 0.08);
  EXPECT_NEAR(later.all.share(), 0.8, 0.02);
}

TEST(OnlineCalibration, SmokyDaysAreCoveredAsCleanOnesAre) {
  OnlineCalibration calibration;
  const World world = {.smoke_spread = 3.5};
  EXPECT_LT(IssueDaily(calibration, 20, world).smoke.share(), 0.65);
  IssueDaily(calibration, 3000, world);
  const Coverages later = IssueDaily(calibration, 1000, world, 8);
  EXPECT_NEAR(later.smoke.share(), 0.8, 0.05);
  EXPECT_NEAR(later.all.share(), 0.8, 0.02);
}

TEST(OnlineCalibration, WhatOneSiteTaughtDoesNotMoveAPlaceWithoutOne) {
  OnlineCalibration calibration;
  std::vector<VerifiedForecast> verified = {Verify(Normal(10, 2), Site(1), 40, 30)};
  for (int day = 0; day < 30; ++day) calibration.Learn(verified);
  const model::Distribution issued = Normal(10, 2);
  const float at_place = calibration.Apply(issued, std::nullopt, 40).quantiles[model::kP90];
  EXPECT_GT(at_place, issued.quantiles[model::kP90]);
  EXPECT_GT(calibration.Apply(issued, Site(1), 40).quantiles[model::kP90], at_place);
  EXPECT_EQ(calibration.Apply(issued, Site(2), 40).quantiles[model::kP90], at_place);
}

TEST(OnlineCalibration, QuantilesStayAscendingAndFinite) {
  OnlineCalibration calibration;
  const model::Distribution issued = Normal(10, 2);
  for (int day = 0; day < 500; ++day) {
    std::vector<VerifiedForecast> verified;
    verified.reserve(50);
    for (int site = 0; site < 50; ++site) {
      verified.push_back(Verify(issued, Site(site), 40, day % 2 == 0 ? 1e9F : 12.0F));
    }
    calibration.Learn(verified);
    const model::Distribution corrected = calibration.Apply(issued, Site(day % 60), 40);
    EXPECT_TRUE(std::ranges::is_sorted(corrected.quantiles));
    EXPECT_TRUE(std::ranges::all_of(corrected.quantiles, [](float q) { return std::isfinite(q); }));
    EXPECT_EQ(corrected.mean, issued.mean);
  }
}

TEST(OnlineCalibration, TheOrderWithinADayDoesNotMatterAndAnEmptyDayTeachesNothing) {
  const model::Distribution issued = Normal(10, 2);
  std::vector<VerifiedForecast> verified;
  for (int i = 0; i < 30; ++i) {
    verified.push_back(Verify(issued, Site(i), i % 2 == 0 ? 40 : 120, static_cast<float>(i)));
    verified.back().probability_over_100 = 0.01F * static_cast<float>(i) + 0.003F;
    verified.back().over_100 = i > 25;
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

// `days` days of 100 forecasts that say `given` (as corrected) where `truth` of them come to be.
double LearnProbabilities(OnlineCalibration& calibration, int days, double given, double truth) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform;
  double last = given;
  for (int day = 0; day < days; ++day) {
    last = calibration.ApplyToProbability(given);
    std::vector<VerifiedForecast> verified;
    for (int site = 0; site < 100; ++site) {
      verified.push_back(Verify(Normal(10, 2), Site(site), 40, 10));
      verified.back().probability_over_100 = static_cast<float>(last);
      verified.back().over_100 = uniform(random) < truth;
    }
    calibration.Learn(verified);
  }
  return last;
}

TEST(OnlineCalibration, ProbabilitiesComeToWhatHappens) {
  OnlineCalibration too_high;
  EXPECT_NEAR(LearnProbabilities(too_high, 400, 0.2, 0.1), 0.1, 0.03);
  OnlineCalibration too_low;
  EXPECT_NEAR(LearnProbabilities(too_low, 400, 0.05, 0.15), 0.15, 0.03);
  OnlineCalibration right;
  EXPECT_NEAR(LearnProbabilities(right, 400, 0.1, 0.1), 0.1, 0.02);
}

TEST(OnlineCalibration, ProbabilitiesStayWithinTheirRangeAndAscend) {
  OnlineCalibration calibration;
  EXPECT_EQ(calibration.ApplyToProbability(0.37), 0.37);
  LearnProbabilities(calibration, 300, 0.5, 1);
  double before = 0;
  for (int i = 0; i <= 1000; ++i) {
    const double probability = calibration.ApplyToProbability(i / 1000.0);
    EXPECT_GE(probability, before);
    EXPECT_LE(probability, 1);
    before = probability;
  }
  EXPECT_EQ(calibration.ApplyToProbability(0), 0);
  EXPECT_EQ(calibration.ApplyToProbability(1), 1);
}

TEST(OnlineCalibration, WhatIsNotConfirmedIsForgotten) {
  OnlineCalibration calibration;
  const World world = {.spread = 6, .last_spread = 6, .smoke_spread = 6};
  IssueDaily(calibration, 200, world);
  const model::Distribution issued = Normal(10, 2);
  const float wide = calibration.Apply(issued, Site(1), 120).quantiles[model::kP90];
  // Clean days alone, well forecast: the shift of smoky ones goes back towards none.
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal(10, 2);
  for (int day = 0; day < 1000; ++day) {
    std::vector<VerifiedForecast> verified;
    verified.reserve(40);
    for (int site = 0; site < 40; ++site) {
      verified.push_back(Verify(calibration.Apply(issued, Site(site), 40), Site(site), 40,
                                static_cast<float>(normal(random))));
    }
    calibration.Learn(verified);
  }
  const float after = calibration.Apply(issued, Site(1), 40).quantiles[model::kP90];
  EXPECT_LT(after, wide);
  EXPECT_NEAR(after, issued.quantiles[model::kP90], 0.6);
}

}  // namespace
}  // namespace geoclimate::forecast
