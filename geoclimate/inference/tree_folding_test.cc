#include "geoclimate/inference/tree_folding.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace geoclimate::inference {
namespace {

// As a heap is numbered, all splits on feature 0.
model::TreeEnsemble Full(int depth) {
  model::TreeEnsemble ensemble;
  ensemble.features = 1;
  ensemble.feature_names = {"f"};
  ensemble.base_scores = {0};
  model::Tree tree;
  tree.nodes.resize((std::size_t{2} << depth) - 1);
  for (std::size_t i = 0; i < tree.nodes.size() / 2; ++i) {
    tree.nodes[i].feature = 0;
    tree.nodes[i].threshold = static_cast<double>(i % 100);
    tree.nodes[i].left = static_cast<std::int32_t>(2 * i + 1);
    tree.nodes[i].right = static_cast<std::int32_t>(2 * i + 2);
  }
  ensemble.trees.push_back(tree);
  return ensemble;
}

std::optional<Folding> Fold(const model::TreeEnsemble& ensemble, std::size_t levels = kAllLevels) {
  return FoldTree(ensemble.trees[0], *RowCodes::Build(ensemble), levels);
}

TEST(FoldTree, TakesAsFewFoldsAsHoldTheSplits) {
  struct Case {
    int depth;
    std::size_t leaf_folds;
    std::size_t inner_folds;
  };
  for (const auto& [depth, leaf_folds, inner_folds] :
       {Case{1, 1, 0}, Case{2, 1, 0}, Case{3, 1, 0}, Case{4, 2, 1}, Case{5, 4, 1}, Case{6, 8, 1},
        Case{7, 16, 3}, Case{8, 32, 5}}) {
    SCOPED_TRACE(depth);
    const std::optional<Folding> folding = Fold(Full(depth));
    ASSERT_TRUE(folding.has_value());
    EXPECT_EQ(folding->leaf_folds.size(), leaf_folds);
    EXPECT_EQ(folding->inner_folds.size(), inner_folds);
    EXPECT_EQ(folding->nodes.size(), std::max(std::size_t{8}, std::size_t{1} << depth));
  }
}

TEST(FoldTree, TakesOneFoldForATreeOfOneLeaf) {
  const model::TreeEnsemble ensemble = Full(3);
  model::Tree leaf;
  leaf.nodes.resize(1);
  const std::optional<Folding> folding = FoldTree(leaf, *RowCodes::Build(ensemble), kAllLevels);
  ASSERT_TRUE(folding.has_value());
  EXPECT_EQ(folding->leaf_folds.size(), 1U);
  EXPECT_EQ(folding->nodes, std::vector<std::uint32_t>(8, 0));
}

TEST(FoldTree, NamesTheNodesBelowTheLevelsThatItTakes) {
  const std::optional<Folding> folding = Fold(Full(10), 6);
  ASSERT_TRUE(folding.has_value());
  ASSERT_EQ(folding->nodes.size(), 64U);
  for (std::size_t place = 0; place < 64; ++place) EXPECT_EQ(folding->nodes[place], 63 + place);
}

TEST(FoldTree, RefusesATreeOfMoreLeavesThanAByteCounts) {
  EXPECT_TRUE(Fold(Full(8)).has_value());
  EXPECT_FALSE(Fold(Full(9)).has_value());
}

TEST(FoldTree, RefusesSetsOfCategoriesWithinTheLevels) {
  model::TreeEnsemble ensemble = Full(4);
  ensemble.trees[0].nodes[7].kind = model::SplitKind::kInSetLeft;
  EXPECT_FALSE(Fold(ensemble).has_value());
  EXPECT_TRUE(Fold(ensemble, 3).has_value());
}

}  // namespace
}  // namespace geoclimate::inference
