#include "geoclimate/training/ridge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "geoclimate/training/testing/synthetic_rows.h"

namespace geoclimate::training {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kScaleOffset = 4;

model::Forecaster FrameOf(const TrainingRows& rows) {
  model::Forecaster frame;
  frame.pollutant = rows.pollutant;
  frame.schema = rows.schema;
  frame.baseline = {
      .last_feature = std::string(rows.last_column), .reference_feature = "mean30", .rho = 0.5};
  return frame;
}

// 2 + 0.5 signal - 0.25 chance of every row, whatever else stands in it.
std::vector<float> LinearLabels(const testing::SyntheticRows& rows) {
  std::vector<float> labels;
  for (std::size_t row = 0; row < rows.features.rows; ++row) {
    const std::span<const float> values = rows.features.Row(row);
    labels.push_back(2 + (std::isnan(values[3]) ? 0 : 0.5F * values[3]) - 0.25F * values[4]);
  }
  return labels;
}

model::LinearScore FitAll(const LinearOptions& options, const TrainingRows& rows,
                          std::span<const float> labels) {
  return Ridge(options, rows, {0, rows.features.rows}, FrameOf(rows), kScaleOffset).Fit(labels);
}

TEST(Ridge, FindsALineThatIsThere) {
  testing::SyntheticRows rows({.missing = 0});
  const TrainingRows view = rows.View();
  const model::LinearScore score = FitAll({.l2 = 1e-9, .bound = 10}, view, LinearLabels(rows));
  for (const std::vector<float>& row :
       {std::vector<float>{10, 11, 12, 0, 0}, {14, 9, 12, 1, 0}, {10, 11, 12, -1, 2}}) {
    EXPECT_NEAR(score.At(row, double{row[1]}, kScaleOffset), 2 + 0.5 * row[3] - 0.25 * row[4],
                1e-5);
  }
}

TEST(Ridge, AMissingInputCountsAsTheMean) {
  testing::SyntheticRows rows({.missing = 0});
  double mean = 0;
  for (std::size_t row = 0; row < rows.features.rows; ++row) mean += rows.features.Row(row)[3];
  mean /= static_cast<double>(rows.features.rows);
  const TrainingRows view = rows.View();
  const model::LinearScore score = FitAll({.l2 = 1e-9, .bound = 10}, view, LinearLabels(rows));
  EXPECT_NEAR(score.At(std::vector<float>{10, 11, 12, kNan, 0}, 11, kScaleOffset), 2 + 0.5 * mean,
              1e-5);
}

TEST(Ridge, ALargePenaltyLeavesTheMean) {
  testing::SyntheticRows rows;
  const std::vector<float> labels = LinearLabels(rows);
  double mean = 0;
  for (const float label : labels) mean += double{label} / static_cast<double>(labels.size());
  const TrainingRows view = rows.View();
  const model::LinearScore score = FitAll({.l2 = 1e12}, view, labels);
  EXPECT_NEAR(score.At(std::vector<float>{30, 10, 12, 1, 1}, 10, kScaleOffset), mean, 1e-6);
}

// One value of 3 956 among values around 20 took the slope of all the others with it.
TEST(Ridge, AnAbsurdValueBendsNoLine) {
  testing::SyntheticRows rows({.missing = 0});
  const std::vector<float> labels = LinearLabels(rows);
  rows.features.Row(17)[3] = 1e6F;
  const TrainingRows view = rows.View();
  const model::LinearScore score = FitAll({.l2 = 1e-9, .bound = 4}, view, labels);
  EXPECT_LT(std::abs(score.At(std::vector<float>{10, 11, 12, 1e6F, 0}, 11, kScaleOffset)), 30);
}

TEST(Ridge, PlacesDistancesCountsAndConstantsAreNoInputs) {
  const features::FeatureSchema schema({{.name = "pm25_last_ug_m3", .unit = "ug/m3", .min = -50},
                                        {.name = "pm25_mean30_ug_m3", .unit = "ug/m3", .min = -50},
                                        {.name = "pm25_std7_ug_m3", .unit = "ug/m3", .min = 0},
                                        {.name = "pm10_last_ug_m3", .unit = "ug/m3", .min = -50},
                                        {.name = "latitude_degrees", .unit = "degrees"},
                                        {.name = "pm25_nearest_km", .unit = "km"},
                                        {.name = "pm25_count7_days", .unit = "days"},
                                        {.name = "pm25_near150_sites", .unit = "sites"},
                                        {.name = "constant", .unit = ""},
                                        {.name = "missing", .unit = ""},
                                        {.name = "week_sin", .unit = ""}});
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  features::FeatureMatrix matrix{.rows = 50, .columns = schema.size(), .values = {}};
  for (std::size_t i = 0; i < matrix.rows * matrix.columns; ++i) {
    const std::size_t column = i % matrix.columns;
    matrix.values.push_back(column == 8 ? 3.3F : (column == 9 ? kNan : normal(random)));
  }
  const std::vector<base::LocalDay> days(matrix.rows, base::MakeDay(2020, 1, 1));
  const std::vector<float> targets(matrix.rows, 1);
  const std::vector<BaselinePredictions> baselines = {{"persistence", targets}};
  const std::vector<std::string_view> references = {"pm25_mean30_ug_m3"};
  const TrainingRows rows = {.pollutant = airquality::Pollutant::kPm25,
                             .horizon_days = 1,
                             .schema = schema,
                             .features = matrix,
                             .issue_days = days,
                             .targets = targets,
                             .baselines = baselines,
                             .last_column = "pm25_last_ug_m3",
                             .reference_columns = references};
  model::Forecaster frame;
  frame.schema = schema;
  frame.baseline = {
      .last_feature = "pm25_last_ug_m3", .reference_feature = "pm25_mean30_ug_m3", .rho = 0.5};
  const model::LinearScore score = Ridge({}, rows, {0, 50}, frame, 1).Fit(targets);
  std::vector<std::pair<int, model::LinearInput>> inputs;
  inputs.reserve(score.terms.size());
  for (const model::LinearTerm& term : score.terms) inputs.emplace_back(term.column, term.input);
  using enum model::LinearInput;
  const std::vector<std::pair<int, model::LinearInput>> expected = {
      {0, kDeparture}, {1, kPlain}, {2, kShare}, {3, kPlain}, {10, kPlain}};
  EXPECT_EQ(inputs, expected);
}

}  // namespace
}  // namespace geoclimate::training
