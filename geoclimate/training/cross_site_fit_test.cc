#include "geoclimate/training/cross_site_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

using testing::SyntheticRows;

constexpr int kSites = 8;

// SyntheticRows whose row i of a day is of site i.
struct Places {
  explicit Places(int days = 400) : rows({.days = days, .rows_per_day = kSites}) {
    for (std::size_t row = 0; row < rows.targets.size(); ++row) sites.push_back(row % kSites);
  }
  PlaceTrainingRows View() { return {.rows = rows.View(), .sites = sites}; }
  // Adds to all of a site's targets what no row tells but the column "chance", which names the
  // site: what one fit can learn of the sites that it sees.
  void GiveSitesOffsets(float step) {
    for (std::size_t row = 0; row < sites.size(); ++row) {
      const float offset = static_cast<float>(sites[row] * 5 % kSites) - 3.5F;
      rows.targets[row] += step * offset;
      rows.features.Row(row)[4] = static_cast<float>(sites[row]);
    }
  }

  SyntheticRows rows;
  std::vector<std::size_t> sites;
};

TrainingOptions Quick() {
  TrainingOptions options;
  options.boost.learning_rate = 0.1;
  options.boost.max_rounds = 80;
  options.boost.min_rows_per_leaf = 20;
  options.boost.patience = 10;
  return options;
}

TEST(CrossSiteFit, LearnsWhatHoldsAtEverySite) {
  Places places;
  const auto trained = FitAcrossSites(Quick(), places.View());
  ASSERT_TRUE(trained.ok()) << trained.error().ToString();
  EXPECT_TRUE(trained->report.beats_baselines());
  EXPECT_GT(trained->report.skill, 0.6);
  EXPECT_NEAR(trained->report.coverage, 0.8, 0.05);
  EXPECT_FALSE(trained->model.members.empty());
  EXPECT_TRUE(trained->fallback.members.empty());
}

// What one site's past says of the site must not pass for skill at sites that were never seen.
TEST(CrossSiteFit, IsJudgedAndCalibratedAtSitesThatItsFitsDidNotSee) {
  Places places;
  places.GiveSitesOffsets(3);
  const auto seen = Fit(Quick(), places.rows.View());
  const auto unseen = FitAcrossSites(Quick(), places.View());
  ASSERT_TRUE(seen.ok() && unseen.ok());
  EXPECT_GT(unseen->report.model.rmse, 1.5 * seen->report.model.rmse);
  const auto width = [](const model::Forecaster& forecaster) {
    const model::Calibration& calibration = forecaster.calibration;
    return (calibration.offsets[model::kP90] - calibration.offsets[model::kP10]) *
           (calibration.spread.floor + calibration.spread.slope * 12);
  };
  EXPECT_GT(width(unseen->model), 1.5 * width(seen->model));
  EXPECT_GT(unseen->report.coverage, 0.7);
}

TEST(CrossSiteFit, AForecasterOfAFoldDoesNotKnowItsSites) {
  Places places;
  const auto before = FitHeldOutSites(Quick(), places.View());
  ASSERT_TRUE(before.ok()) << before.error().ToString();
  ASSERT_EQ(before->by_fold.size(), static_cast<std::size_t>(kSiteFolds));
  const std::size_t site = 3;
  const int fold = before->FoldOf(site);
  for (std::size_t row = 0; row < places.sites.size(); ++row) {
    if (places.sites[row] == site) places.rows.targets[row] += 500;
  }
  const auto after = FitHeldOutSites(Quick(), places.View());
  ASSERT_TRUE(after.ok());
  const auto p90 = [&](const HeldOutFits& fits, int of_fold) {
    const model::Forecaster& forecaster = fits.by_fold[static_cast<std::size_t>(of_fold)].fallback;
    return forecaster.calibration.offsets[model::kP90] * forecaster.calibration.spread.floor;
  };
  EXPECT_LT(p90(*after, fold), 30);
  for (int other = 0; other < kSiteFolds; ++other) {
    if (other != fold) {
      EXPECT_GT(p90(*after, other), p90(*before, other) + 50) << other;
    }
  }
}

TEST(CrossSiteFit, TheSameRowsGiveTheSameBytes) {
  Places places(200);
  int steps = 0;
  const auto first = FitAcrossSites(Quick(), places.View(), [&steps] { ++steps; });
  const auto second = FitAcrossSites(Quick(), places.View());
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(model::EncodeForecaster(first->model), model::EncodeForecaster(second->model));
  EXPECT_EQ(steps, CrossSiteFitSteps(Quick()));
}

TEST(CrossSiteFit, OneSiteOrTooFewRowsAreRefused) {
  Places places;
  std::ranges::fill(places.sites, std::size_t{1});
  const auto one = FitAcrossSites(Quick(), places.View());
  ASSERT_FALSE(one.ok());
  EXPECT_EQ(one.error().code(), base::ErrorCode::kFailedPrecondition);
  Places few(30);
  const auto too_few = FitAcrossSites(Quick(), few.View());
  ASSERT_FALSE(too_few.ok());
  EXPECT_EQ(too_few.error().code(), base::ErrorCode::kFailedPrecondition);
  Places short_of_sites;
  short_of_sites.sites.pop_back();
  const auto uneven = FitAcrossSites(Quick(), short_of_sites.View());
  ASSERT_FALSE(uneven.ok());
  EXPECT_EQ(uneven.error().code(), base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace geoclimate::training
