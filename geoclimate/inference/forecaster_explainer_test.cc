#include "geoclimate/inference/forecaster_explainer.h"

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {
namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// Over "last", "mean" and "wind": a leaf of 0.5 where the wind is below 3, which it was for 30 of
// 100 rows, else of -0.25.
model::TreeEnsemble WindTrees(const features::FeatureSchema& schema) {
  model::TreeEnsemble trees = model::NoTrees(schema);
  model::Tree& tree = trees.trees.emplace_back();
  tree.nodes.resize(3);
  tree.nodes[0] = {.feature = 2, .left = 1, .right = 2, .threshold = 3, .cover = 100};
  tree.nodes[1].value = 0.5;
  tree.nodes[1].cover = 30;
  tree.nodes[2].value = -0.25;
  tree.nodes[2].cover = 70;
  return trees;
}

model::Forecaster Example(const std::vector<model::MemberTarget>& targets, double trust) {
  model::Forecaster forecaster;
  forecaster.schema = features::FeatureSchema({{"last", "ug/m3", -10, 1000, true},
                                               {"mean", "ug/m3", -10, 1000, true},
                                               {"wind", "m/s", 0, 100, true}});
  forecaster.baseline = {.last_feature = "last", .reference_feature = "mean", .rho = 0.25};
  forecaster.trust = trust;
  for (const model::MemberTarget target : targets) {
    model::Member& member = forecaster.members.emplace_back();
    member.target = target;
    member.scale_offset = 2;
    member.linear = {.intercept = 0.1,
                     .bound = 3,
                     .terms = {{.column = 0,
                                .input = model::LinearInput::kDeparture,
                                .center = 0.5,
                                .scale = 2,
                                .weight = 0.25},
                               {.column = 2, .center = 4, .scale = 1, .weight = -0.125}}};
    member.trees = WindTrees(forecaster.schema);
  }
  for (std::size_t k = 0; k < model::kQuantileLevels.size(); ++k) {
    forecaster.calibration.offsets[k] = static_cast<double>(k) - 5;
  }
  return forecaster;
}

float Mean(const model::Forecaster& forecaster, const std::vector<float>& row) {
  const auto loaded = LoadedModel::FromForecaster({}, forecaster);
  EXPECT_TRUE(loaded.ok());
  float mean = 0;
  EXPECT_TRUE((*loaded)->Predict(row, 1, {&mean, 1}).ok());
  return mean;
}

Explanation Explain(const model::Forecaster& forecaster, const std::vector<float>& row) {
  const auto explainer = ForecasterExplainer::Build(forecaster);
  EXPECT_TRUE(explainer.ok());
  auto explanation = (*explainer)->Explain(row);
  EXPECT_TRUE(explanation.ok());
  return *std::move(explanation);
}

TEST(ForecasterExplainer, APartAFeatureAddsUpToTheMean) {
  using enum model::MemberTarget;
  const auto forecaster = Example({kResidual, kNormalizedResidual}, 0.75);
  for (const std::vector<float>& row :
       {std::vector<float>{20, 12, 2}, {20, 12, kMissing}, {kMissing, 8, 9}, {6, kMissing, 1}}) {
    const Explanation explanation = Explain(forecaster, row);
    EXPECT_EQ(explanation.space, Explanation::Space::kConcentration);
    EXPECT_NEAR(explanation.Score(), double{Mean(forecaster, row)}, 1e-5);
  }
}

TEST(ForecasterExplainer, TellsTheBaselineTheLineAndTheTreesApart) {
  const auto forecaster = Example({model::MemberTarget::kNormalizedResidual}, 0.5);
  const Explanation explanation = Explain(forecaster, {20, 12, 2});
  const double unit = 0.5 * (12 + 2);
  EXPECT_DOUBLE_EQ(*explanation.baseline, 12 + 0.25 * (20 - 12));
  EXPECT_DOUBLE_EQ(explanation.base_value, unit * (0.1 + 0.3 * 0.5 - 0.7 * 0.25));
  EXPECT_DOUBLE_EQ(explanation.contributions[0], unit * 0.25 * ((20. - 12) / 14 - 0.5) / 2);
  EXPECT_EQ(explanation.contributions[1], 0);
  EXPECT_DOUBLE_EQ(explanation.contributions[2], unit * (0.125 * 2 + 0.7 * (0.5 + 0.25)));
}

TEST(ForecasterExplainer, AMemberInLogarithmsIsExplainedInThem) {
  const auto forecaster = Example({model::MemberTarget::kLogResidual}, 1);
  const std::vector<float> row = {20, 12, 2};
  const Explanation explanation = Explain(forecaster, row);
  EXPECT_EQ(explanation.space, Explanation::Space::kLog);
  EXPECT_NEAR(explanation.Score(), std::log(double{Mean(forecaster, row)} + 2), 1e-6);
}

TEST(ForecasterExplainer, RefusesWhatAddsUpInNoSpace) {
  using enum model::MemberTarget;
  for (const auto& forecaster :
       {Example({kLogResidual, kResidual}, 1), Example({kLogResidual}, 0.5)}) {
    const auto explainer = ForecasterExplainer::Build(forecaster);
    ASSERT_FALSE(explainer.ok());
    EXPECT_EQ(explainer.error().code(), base::ErrorCode::kUnimplemented);
  }
}

TEST(ForecasterExplainer, RefusesARowWithoutABaseline) {
  const auto explainer = ForecasterExplainer::Build(Example({}, 1));
  ASSERT_TRUE(explainer.ok());
  const auto explanation = (*explainer)->Explain(std::vector<float>{kMissing, kMissing, 1});
  ASSERT_FALSE(explanation.ok());
  EXPECT_EQ(explanation.error().code(), base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace geoclimate::inference
