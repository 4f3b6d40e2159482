#include "geoclimate/model/tree_ensemble.h"

#include <functional>
#include <limits>

#include <gtest/gtest.h>

namespace geoclimate::model {
namespace {

TreeNode Split(std::int32_t feature, double threshold, std::int32_t left, std::int32_t right) {
  TreeNode node;
  node.feature = feature;
  node.threshold = threshold;
  node.left = left;
  node.right = right;
  return node;
}

TreeNode Leaf(double value) {
  TreeNode node;
  node.value = value;
  return node;
}

TreeEnsemble Stump() {
  TreeEnsemble ensemble;
  ensemble.features = 2;
  ensemble.feature_names = {"a", "b"};
  ensemble.base_scores = {0.5};
  ensemble.trees.push_back(
      {.nodes = {Split(1, 2.5, 1, 2), Leaf(-1), Leaf(1)}, .category_words = {}, .output = 0});
  return ensemble;
}

std::string Refusal(const std::function<void(TreeEnsemble&)>& spoil) {
  TreeEnsemble ensemble = Stump();
  spoil(ensemble);
  const base::Result<void> valid = ensemble.Validate();
  if (valid.ok()) return "accepted";
  EXPECT_EQ(valid.error().code(), base::ErrorCode::kInvalidArgument);
  return valid.error().message();
}

TEST(TreeEnsemble, AcceptsAStumpAndNodesThatCannotBeReached) {
  EXPECT_TRUE(Stump().Validate().ok());
  TreeEnsemble pruned = Stump();
  pruned.trees[0].nodes.push_back(Split(99, 0, 77, 78));
  EXPECT_TRUE(pruned.Validate().ok());
}

TEST(TreeEnsemble, RefusesANodeThatIsReachedTwice) {
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[0].right = 1; }),
            "tree 0, node 1: is reached twice");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[1] = Split(0, 0, 0, 2); }),
            "tree 0, node 0: is reached twice");
}

TEST(TreeEnsemble, RefusesIndexesOutOfRange) {
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[0].left = 3; }),
            "tree 0, node 0: has the child 3 of 3 nodes");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[0].right = -1; }),
            "tree 0, node 0: has the child -1 of 3 nodes");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[0].feature = 2; }),
            "tree 0, node 0: splits on feature 2, there are 2");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].output = 1; }),
            "tree 0 adds to output 1, there are 1");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes.clear(); }), "tree 0 has no nodes");
  EXPECT_EQ(Refusal([](auto& e) {
              e.trees[0].nodes[0].kind = SplitKind::kInSetLeft;
              e.trees[0].nodes[0].category_words_count = 1;
            }),
            "tree 0, node 0: its set of categories lies outside the tree's");
}

TEST(TreeEnsemble, RefusesNumbersThatCannotBeScored) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(Refusal([&](auto& e) { e.trees[0].nodes[0].threshold = nan; }),
            "tree 0, node 0: its threshold is not a number");
  EXPECT_EQ(Refusal([](auto& e) { e.trees[0].nodes[0].threshold = 0.1; }),
            "tree 0, node 0: its threshold is not a float");
  EXPECT_EQ(Refusal([](auto& e) {
              e.float_thresholds = false;
              e.trees[0].nodes[0].threshold = 0.1;
            }),
            "accepted");
  EXPECT_EQ(Refusal([&](auto& e) { e.trees[0].nodes[1].value = nan; }),
            "tree 0, node 1: its leaf value is not finite");
  EXPECT_EQ(Refusal([&](auto& e) { e.base_scores[0] = nan; }), "a base score is not finite");
}

TEST(TreeEnsemble, RefusesShapesThatDoNotFit) {
  EXPECT_EQ(Refusal([](auto& e) { e.outputs = 2; }), "1 base scores for 2 outputs");
  EXPECT_EQ(Refusal([](auto& e) { e.outputs = 0; }), "0 outputs");
  EXPECT_EQ(Refusal([](auto& e) { e.feature_names.pop_back(); }), "1 feature names for 2 features");
}

TEST(TreeEnsemble, RefusesAPathThatIsTooLong) {
  TreeEnsemble chain = Stump();
  std::vector<TreeNode>& nodes = chain.trees[0].nodes;
  nodes.clear();
  for (std::int32_t i = 0; i <= kMaxDepth; ++i) {
    nodes.push_back(Split(0, 1, 2 * i + 1, 2 * i + 2));
    nodes.push_back(Leaf(0));
  }
  nodes.push_back(Leaf(0));
  const base::Result<void> valid = chain.Validate();
  ASSERT_FALSE(valid.ok());
  EXPECT_NE(valid.error().message().find("1000 splits deep"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::model
