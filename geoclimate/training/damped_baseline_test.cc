#include "geoclimate/training/damped_baseline.h"

#include <gtest/gtest.h>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

using testing::SyntheticRows;

TEST(DampedBaseline, TheRhoOfTheTruthIsFound) {
  for (const double rho : {0.0, 0.35, 0.9}) {
    SyntheticRows rows({.rho = rho, .signal = 0});
    const model::DampedPersistence baseline =
        FitDampedPersistence(rows.View(), {0, rows.targets.size()}, "mean30");
    EXPECT_NEAR(baseline.rho, rho, 0.03);
    EXPECT_EQ(baseline.last_feature, "last");
    EXPECT_EQ(baseline.reference_feature, "mean30");
  }
}

TEST(DampedBaseline, RhoStaysBetweenTheMeanAndPersistence) {
  SyntheticRows over({.rho = 1.5, .signal = 0});
  EXPECT_EQ(FitDampedPersistence(over.View(), {0, over.targets.size()}, "mean30").rho, 1);
  SyntheticRows under({.rho = -0.5, .signal = 0});
  EXPECT_EQ(FitDampedPersistence(under.View(), {0, under.targets.size()}, "mean30").rho, 0);
}

TEST(DampedBaseline, OnlyTheRowsOfTheRangeCount) {
  SyntheticRows rows({.signal = 0});
  const double before = FitDampedPersistence(rows.View(), {0, 500}, "mean30").rho;
  for (std::size_t row = 500; row < rows.targets.size(); ++row) rows.targets[row] = 1000;
  EXPECT_EQ(FitDampedPersistence(rows.View(), {0, 500}, "mean30").rho, before);
}

TEST(DampedBaseline, TheReferenceThatTheTruthGoesBackToIsChosen) {
  SyntheticRows rows({.rho = 0.4, .signal = 0});
  EXPECT_EQ(ChooseReference(rows.View(), {0, 1000}, {1000, 2000}), "mean30");
  for (std::size_t row = 0; row < rows.targets.size(); ++row) {
    rows.targets[row] = 12 + 0.4f * (rows.features.Row(row)[0] - 12);
  }
  EXPECT_EQ(ChooseReference(rows.View(), {0, 1000}, {1000, 2000}), "mean_all");
}

}  // namespace
}  // namespace geoclimate::training
