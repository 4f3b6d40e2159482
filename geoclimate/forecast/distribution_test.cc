#include "geoclimate/forecast/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "geoclimate/airquality/aqi.h"

namespace geoclimate::forecast {
namespace {

using airquality::Pollutant;

// Quantiles at mean + width * level offsets of a triangle-like shape.
model::Distribution Spread(float mean, float width) {
  model::Distribution distribution;
  distribution.mean = mean;
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    distribution.quantiles[k] = mean + width * static_cast<float>(model::kQuantileLevels[k] - 0.5);
  }
  return distribution;
}

TEST(Distribution, QuantilesAreWhereTheirLevelsSay) {
  const model::Distribution distribution = Spread(20, 10);
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    const double x = double{distribution.quantiles[k]};
    EXPECT_NEAR(ProbabilityBelow(distribution, x), model::kQuantileLevels[k], 1e-6);
    EXPECT_NEAR(QuantileAt(distribution, model::kQuantileLevels[k]), x, 1e-6);
  }
}

TEST(Distribution, LevelAndQuantileAreInversesInTheMiddleAndInTheTails) {
  const model::Distribution distribution = Spread(20, 10);
  for (double level = 0.001; level < 1; level += 0.001) {
    EXPECT_NEAR(ProbabilityBelow(distribution, QuantileAt(distribution, level)), level, 1e-6)
        << level;
  }
}

TEST(Distribution, TheUpperTailHalvesOverTheDistanceFromThe90ToThe95PercentPoint) {
  const model::Distribution distribution = Spread(20, 10);
  const double p90 = double{distribution.quantiles[model::kP90]};
  const double p95 = double{distribution.quantiles.back()};
  EXPECT_NEAR(1 - ProbabilityBelow(distribution, p95 + (p95 - p90)), 0.025, 1e-6);
}

TEST(Distribution, APointMassHasEmptyTails) {
  const model::Distribution point = Spread(7, 0);
  EXPECT_EQ(ProbabilityBelow(point, 7), 0);
  EXPECT_EQ(ProbabilityBelow(point, 7.1), 1);
  EXPECT_EQ(QuantileAt(point, 0.001), 7);
  EXPECT_EQ(QuantileAt(point, 0.999), 7);
}

TEST(Distribution, TheProbabilityOverAqi100RisesWithTheConcentration) {
  for (const Pollutant pollutant : airquality::kPollutants) {
    const airquality::BreakpointTable& table = airquality::NewestTable(pollutant);
    const double top =
        2.0 * static_cast<double>(table.daily.segments[2].low * table.step_micro) * 1e-6;
    double previous = 0;
    for (int step = 0; step <= 200; ++step) {
      const auto mean = static_cast<float>(top * step / 200);
      const double probability =
          ProbabilityOver100(table, Spread(mean, static_cast<float>(top * 0.3)));
      EXPECT_GE(probability, previous) << airquality::Name(pollutant) << " at " << mean;
      EXPECT_LE(probability, 1);
      previous = probability;
    }
    EXPECT_GT(previous, 0.99);
  }
}

TEST(Distribution, TheProbabilityOverAqi100IsSplitWhereTheAqiPasses100) {
  const airquality::BreakpointTable& table = airquality::NewestTable(Pollutant::kPm25);
  // 35.4 has an AQI of 100 and 35.5 of 101; what lies between is truncated.
  EXPECT_EQ(AqiOf(table, 35.49), 100);
  EXPECT_EQ(AqiOf(table, 35.5), 101);
  EXPECT_NEAR(ProbabilityOver100(table, Spread(35.5f, 10)), 0.5, 1e-6);
  EXPECT_EQ(ProbabilityOver100(table, Spread(35.45f, 0)), 0);
  EXPECT_EQ(ProbabilityOver100(table, Spread(35.5f, 0)), 1);
}

TEST(Distribution, ANegativeConcentrationHasAnAqiOfZero) {
  EXPECT_EQ(AqiOf(airquality::NewestTable(Pollutant::kPm25), -3), 0);
}

}  // namespace
}  // namespace geoclimate::forecast
