// TreeSHAP against what XGBoost and LightGBM say themselves (tests/golden/models/contributions.py),
// and against Shapley's formula on small random trees.
#include "geoclimate/inference/tree_explainer.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/golden_models.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

namespace fs = std::filesystem;

class ExplainedModel : public testing::TestWithParam<fs::path> {};

TEST_P(ExplainedModel, ContributionsAreTheLibrarys) {
  const auto ensemble = ReadGoldenModel(GetParam());
  ASSERT_TRUE(ensemble.ok()) << ensemble.error().message();
  const auto explainer = TreeExplainer::Build(*ensemble);
  ASSERT_TRUE(explainer.ok()) << explainer.error().message();
  const std::size_t features = (*explainer)->features();
  const std::size_t outputs = (*explainer)->outputs();
  const GoldenAnswers golden = ReadGoldenAnswers(fs::path(GetParam()).replace_extension(".csv"));
  const std::vector<std::vector<double>> expected =
      ReadNumbers(fs::path(GetParam()).replace_extension(".contributions.csv"));
  ASSERT_EQ(expected.size(), golden.rows);
  std::vector<double> said(features);
  for (std::size_t row = 0; row < golden.rows; ++row) {
    const auto values = std::span(golden.features).subspan(row * features, features);
    ASSERT_EQ(expected[row].size(), outputs * (features + 1));
    for (std::size_t output = 0; output < outputs; ++output) {
      (*explainer)->Explain(values, output, said);
      const auto theirs = std::span(expected[row]).subspan(output * (features + 1), features + 1);
      double largest = 0;
      for (const double one : theirs) largest = std::max(largest, std::abs(one));
      for (std::size_t i = 0; i < features; ++i) {
        EXPECT_NEAR(said[i], theirs[i], 1e-5 * largest) << "row " << row << ", feature " << i;
      }
      EXPECT_NEAR((*explainer)->base_value(output), theirs[features], 1e-5 * largest);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ExplainedModel,
                         testing::ValuesIn(GoldenModels(GEOCLIMATE_SOURCE_DIR)),
                         [](const auto& test) { return GoldenName(test.param); });

// A tree of `leaves` leaves over `features` features, grown by splitting any leaf.
model::Tree RandomTree(std::mt19937& random, int leaves, int features) {
  model::Tree tree;
  tree.nodes.emplace_back().cover = 1000;
  for (int grown = 1; grown < leaves; ++grown) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      if (tree.nodes[i].feature < 0) open.push_back(i);
    }
    const std::size_t at = open[random() % open.size()];
    const float share = static_cast<float>(random() % 9 + 1) / 10;
    model::TreeNode left;
    left.cover = tree.nodes[at].cover * share;
    model::TreeNode right;
    right.cover = tree.nodes[at].cover - left.cover;
    model::TreeNode& node = tree.nodes[at];
    node.feature = static_cast<std::int32_t>(random() % static_cast<unsigned>(features));
    node.threshold = static_cast<double>(random() % 7);
    node.default_left = random() % 2 == 0;
    node.left = static_cast<std::int32_t>(tree.nodes.size());
    node.right = node.left + 1;
    tree.nodes.push_back(left);
    tree.nodes.push_back(right);
  }
  for (model::TreeNode& node : tree.nodes) {
    if (node.feature < 0) node.value = double{static_cast<float>(random() % 1000) / 100 - 5};
  }
  return tree;
}

// The tree's value when only the features of `known` are: at other splits both ways are taken, as
// the training rows took them.
double Value(const model::Tree& tree, std::span<const float> row, unsigned known, std::size_t at) {
  const model::TreeNode& node = tree.nodes[at];
  if (node.feature < 0) return node.value;
  const auto left = static_cast<std::size_t>(node.left);
  const auto right = static_cast<std::size_t>(node.right);
  if ((known >> node.feature & 1U) != 0) {
    const bool goes_left = model::GoesLeft(tree, node, row[static_cast<std::size_t>(node.feature)]);
    return Value(tree, row, known, goes_left ? left : right);
  }
  const double share = double{tree.nodes[left].cover} / double{node.cover};
  const double other = double{tree.nodes[right].cover} / double{node.cover};
  return share * Value(tree, row, known, left) + other * Value(tree, row, known, right);
}

TEST(TreeExplainer, IsShapleysFormula) {
  std::mt19937 random(3);
  constexpr int kFeatures = 5;
  for (int round = 0; round < 200; ++round) {
    model::TreeEnsemble ensemble;
    ensemble.features = kFeatures;
    ensemble.feature_names = {"a", "b", "c", "d", "e"};
    ensemble.base_scores = {0.5};
    ensemble.trees.push_back(RandomTree(random, 1 + static_cast<int>(random() % 20), kFeatures));
    const model::Tree& tree = ensemble.trees.front();
    std::vector<float> row;
    row.reserve(kFeatures);
    for (int i = 0; i < kFeatures; ++i) {
      row.push_back(random() % 6 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                      : static_cast<float>(random() % 7));
    }
    const auto explainer = TreeExplainer::Build(ensemble);
    ASSERT_TRUE(explainer.ok());
    std::vector<double> said(kFeatures);
    (*explainer)->Explain(row, 0, said);
    EXPECT_NEAR((*explainer)->base_value(0), 0.5 + Value(tree, row, 0, 0), 1e-9);
    double sum = (*explainer)->base_value(0);
    for (int feature = 0; feature < kFeatures; ++feature) {
      double expected = 0;
      for (unsigned others = 0; others < 1U << kFeatures; ++others) {
        if ((others >> feature & 1U) != 0) continue;
        const int size = std::popcount(others);
        const double weight =
            std::tgamma(size + 1) * std::tgamma(kFeatures - size) / std::tgamma(kFeatures + 1);
        expected +=
            weight * (Value(tree, row, others | 1U << feature, 0) - Value(tree, row, others, 0));
      }
      EXPECT_NEAR(said[static_cast<std::size_t>(feature)], expected, 1e-9);
      sum += said[static_cast<std::size_t>(feature)];
    }
    EXPECT_NEAR(sum, 0.5 + model::FindLeaf(tree, row).value, 1e-9);
  }
}

TEST(TreeExplainer, RefusesWhatSaysNoCovers) {
  std::mt19937 random(5);
  model::TreeEnsemble ensemble;
  ensemble.features = 2;
  ensemble.feature_names = {"a", "b"};
  ensemble.base_scores = {0};
  ensemble.trees.push_back(RandomTree(random, 4, 2));
  const auto refusal = [&ensemble](float cover) {
    ensemble.trees[0].nodes[0].cover = cover;
    const auto explainer = TreeExplainer::Build(ensemble);
    EXPECT_FALSE(explainer.ok());
    EXPECT_EQ(explainer.error().code(), base::ErrorCode::kUnimplemented);
    return explainer.error().message();
  };
  EXPECT_NE(refusal(0).find("does not say how many"), std::string::npos);
  EXPECT_NE(refusal(-1).find("cover -1"), std::string::npos);
  EXPECT_NE(refusal(std::numeric_limits<float>::quiet_NaN()).find("cover nan"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::inference
