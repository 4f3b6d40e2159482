#include "geoclimate/training/spread.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "geoclimate/model/tree_walk.h"

namespace geoclimate::training {
namespace {

// Errors whose size depends on the mean and on the column "calm" (0 or 1), not on "chance".
struct Sample {
  features::FeatureSchema schema{{{.name = "calm", .unit = ""}, {.name = "chance", .unit = ""}}};
  std::vector<float> features;
  std::vector<base::LocalDay> issue_days;
  std::vector<double> means;
  std::vector<double> errors;

  Sample(std::size_t rows, double calm_factor, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform;
    for (std::size_t row = 0; row < rows; ++row) {
      const bool calm = uniform(random) < 0.5;
      features.push_back(calm ? 1 : 0);
      features.push_back(static_cast<float>(normal(random)));
      issue_days.push_back(base::MakeDay(2018, 1, 1) + std::chrono::days(row / 20));
      means.push_back(5 + 20 * uniform(random));
      errors.push_back((1 + 0.1 * means.back()) * (calm ? calm_factor : 1) * normal(random));
    }
  }
  ErrorRows View() const {
    return {.horizon_days = 1,
            .schema = schema,
            .features = features,
            .issue_days = issue_days,
            .means = means,
            .errors = errors};
  }
  double Scale(const model::Spread& spread, std::size_t row) const {
    double score = 0;
    if (spread.has_trees()) {
      score = spread.trees.base_scores[0];
      for (const model::Tree& tree : spread.trees.trees) {
        score += model::FindLeaf(tree, std::span(features).subspan(2 * row, 2)).value;
      }
    }
    return spread.At(means[row], score);
  }
  // Share of the rows with calm == `calm` between p10 and p90.
  double Coverage(const model::Calibration& calibration, float calm) const {
    int rows = 0;
    int inside = 0;
    for (std::size_t row = 0; row < errors.size(); ++row) {
      if (features[2 * row] != calm) continue;
      const double scale = Scale(calibration.spread, row);
      ++rows;
      inside += errors[row] >= calibration.offsets[model::kP10] * scale &&
                        errors[row] <= calibration.offsets[model::kP90] * scale
                    ? 1
                    : 0;
    }
    return static_cast<double>(inside) / rows;
  }
};

model::Calibration MustFit(const Sample& sample, const SpreadOptions& options = {}) {
  auto calibration = FitCalibration(options, sample.View());
  EXPECT_TRUE(calibration.ok()) << calibration.error().ToString();
  return *std::move(calibration);
}

TEST(FitCalibration, CoverageHoldsOnBothSidesOfAColumnThatTheSpreadDependsOn) {
  const model::Calibration calibration = MustFit(Sample(8000, 0.3, 1));
  EXPECT_TRUE(calibration.spread.has_trees());
  const Sample fresh(20'000, 0.3, 2);
  EXPECT_NEAR(fresh.Coverage(calibration, 0), 0.8, 0.02);
  EXPECT_NEAR(fresh.Coverage(calibration, 1), 0.8, 0.02);
}

TEST(FitCalibration, WithoutTreesTheSameColumnSplitsTheCoverage) {
  SpreadOptions options;
  options.min_rows = 10'000;
  const model::Calibration calibration = MustFit(Sample(8000, 0.3, 1), options);
  EXPECT_FALSE(calibration.spread.has_trees());
  const Sample fresh(20'000, 0.3, 2);
  EXPECT_LT(fresh.Coverage(calibration, 0), 0.72);
  EXPECT_GT(fresh.Coverage(calibration, 1), 0.9);
}

TEST(FitCalibration, TreesThatFindNothingAreDroppedOrHarmless) {
  const Sample sample(8000, 1, 3);
  const model::Calibration calibration = MustFit(sample);
  const Sample fresh(20'000, 1, 4);
  EXPECT_NEAR(fresh.Coverage(calibration, 0), 0.8, 0.02);
  EXPECT_NEAR(fresh.Coverage(calibration, 1), 0.8, 0.02);
  for (std::size_t row = 0; row < 100; ++row) {
    EXPECT_NEAR(fresh.Scale(calibration.spread, row) /
                    fresh.Scale(MustFit(sample, {.min_rows = 10'000}).spread, row),
                1, 0.75);
  }
}

TEST(FitCalibration, TheSameRowsGiveTheSameTrees) {
  const Sample sample(4000, 0.3, 5);
  const model::Calibration first = MustFit(sample);
  const model::Calibration second = MustFit(sample);
  EXPECT_EQ(first.offsets, second.offsets);
  for (std::size_t row = 0; row < sample.errors.size(); ++row) {
    ASSERT_EQ(sample.Scale(first.spread, row), sample.Scale(second.spread, row));
  }
}

TEST(FitCalibration, RowsOfASingleDayGetASpreadWithoutTrees) {
  Sample sample(3000, 0.3, 6);
  std::ranges::fill(sample.issue_days, base::MakeDay(2018, 1, 1));
  EXPECT_FALSE(MustFit(sample).spread.has_trees());
}

TEST(FitCalibration, ForecastsThatAreNeverWrongKeepFiniteQuantiles) {
  Sample sample(3000, 0.3, 7);
  std::ranges::fill(sample.errors, 0.0);
  const model::Calibration calibration = MustFit(sample);
  for (const double offset : calibration.offsets) EXPECT_EQ(offset, 0);
  EXPECT_TRUE(calibration.spread.Validate(sample.schema).ok());
}

}  // namespace
}  // namespace geoclimate::training
