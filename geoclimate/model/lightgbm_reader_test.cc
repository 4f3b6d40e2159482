// What the reader makes of a file, and what it refuses; that its models answer as LightGBM does is
// inference/tree_backend_golden_test.cc's matter.
#include "geoclimate/model/lightgbm_reader.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace geoclimate::model {
namespace {

std::string Golden(std::string_view name) {
  const std::filesystem::path path =
      std::filesystem::path(GEOCLIMATE_SOURCE_DIR) / "tests/golden/models" / name;
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// One tree: wind <= 1.5 (missing: left) ? 0.25 : (zone in {1, 33} ? 2 : 3).
constexpr std::string_view kSmall = R"(tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1.5
feature_names=wind zone

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
threshold=1.5 0
decision_type=10 1
left_child=-1 -2
right_child=1 -3
leaf_value=0.25 2 3
cat_boundaries=0 2
cat_threshold=2 2
is_linear=0
shrinkage=1


end of trees
)";

std::string With(std::string_view from, std::string_view to) {
  std::string text(kSmall);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string Refusal(std::string_view bytes,
                    base::ErrorCode code = base::ErrorCode::kInvalidArgument) {
  const base::Result<TreeEnsemble> read = ReadLightgbm(bytes);
  if (read.ok()) return "accepted";
  EXPECT_EQ(read.error().code(), code) << read.error().message();
  return read.error().message();
}

TEST(LightgbmReader, ReadsSplitsLeavesAndSets) {
  const base::Result<TreeEnsemble> read = ReadLightgbm(kSmall);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->source, "lightgbm v4");
  EXPECT_EQ(read->objective, "binary");
  EXPECT_EQ(read->link, Link::kLogistic);
  EXPECT_EQ(read->link_scale, 1.5);
  EXPECT_EQ(read->feature_names, (std::vector<std::string>{"wind", "zone"}));
  EXPECT_FALSE(read->float_thresholds);
  const Tree& tree = read->trees.at(0);
  ASSERT_EQ(tree.nodes.size(), 5U);
  EXPECT_EQ(tree.nodes[0].kind, SplitKind::kLessOrEqual);
  EXPECT_EQ(tree.nodes[0].missing, TreeNode::Missing::kNan);
  EXPECT_TRUE(tree.nodes[0].default_left);
  EXPECT_EQ(tree.nodes[0].left, 2);
  EXPECT_EQ(tree.nodes[0].right, 1);
  EXPECT_EQ(tree.nodes[1].kind, SplitKind::kInSetLeft);
  EXPECT_EQ(tree.nodes[1].category_words_count, 2U);
  EXPECT_EQ(tree.nodes[4].value, 3);
}

TEST(LightgbmReader, LinesMayEndAsOnWindows) {
  std::string text;
  for (const char c : kSmall) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(Refusal(text), "accepted");
}

TEST(LightgbmReader, WhatItDoesNotServeIsRefusedByName) {
  EXPECT_EQ(Refusal(Golden("refused_linear_tree.txt"), base::ErrorCode::kUnimplemented),
            "tree 0: its leaves are linear (linear_tree=true)");
  EXPECT_EQ(Refusal(With("binary sigmoid:1.5", "my_own"), base::ErrorCode::kUnimplemented),
            "the objective 'my_own' is unknown");
  EXPECT_EQ(Refusal(With("version=v4", "version=v2"), base::ErrorCode::kUnimplemented),
            "version 'v2' of LightGBM's format; v3 and v4 are read");
}

TEST(LightgbmReader, BrokenTreesAreRefusedWithTreeAndField) {
  EXPECT_EQ(Refusal(With("right_child=1 -3", "right_child=0 -3")),
            "tree 0, node 0: is reached twice");
  EXPECT_EQ(Refusal(With("right_child=1 -3", "right_child=1 -9")),
            "tree 0: split 1: has the child -9 of 3 leaves");
  EXPECT_EQ(Refusal(With("right_child=1 -3", "right_child=1 -2147483648")),
            "tree 0: split 1: has the child -2147483648 of 3 leaves");
  EXPECT_EQ(Refusal(With("split_feature=0 1", "split_feature=0 2")),
            "tree 0, node 1: splits on feature 2, there are 2");
  EXPECT_EQ(Refusal(With("split_feature=0 1", "split_feature=-1 1")),
            "tree 0: split 0: splits on feature -1");
  EXPECT_EQ(Refusal(With("decision_type=10 1", "decision_type=14 1")),
            "tree 0: split 0: has the decision_type 14");
  EXPECT_EQ(Refusal(With("threshold=1.5 0", "threshold=1.5 1")),
            "tree 0: split 1: has the set of categories 1");
  EXPECT_EQ(Refusal(With("threshold=1.5 0", "threshold=nan 0")),
            "tree 0, node 0: its threshold is not a number");
  EXPECT_EQ(Refusal(With("leaf_value=0.25 2 3", "leaf_value=0.25 inf 3")),
            "tree 0, node 3: its leaf value is not finite");
  EXPECT_EQ(Refusal(With("leaf_value=0.25 2 3", "leaf_value=0.25 2")),
            "tree 0: field 'leaf_value': 2 values, expected 3");
  EXPECT_EQ(Refusal(With("leaf_value=0.25 2 3", "leaf_value=0.25 x 3")),
            "tree 0: field 'leaf_value': 'x 3' is not a number");
  EXPECT_EQ(Refusal(With("leaf_value=0.25 2 3\n", "")), "tree 0: field 'leaf_value' is missing");
  EXPECT_EQ(Refusal(With("cat_boundaries=0 2", "cat_boundaries=0 3")),
            "tree 0: field 'cat_threshold': 2 values, expected 3");
  EXPECT_EQ(Refusal(With("cat_boundaries=0 2", "cat_boundaries=2 2")),
            "tree 0: field 'cat_boundaries': it does not ascend from 0");
}

TEST(LightgbmReader, SizesThatTheFileOnlyClaimsAreRefused) {
  EXPECT_EQ(Refusal(With("num_leaves=3", "num_leaves=200000000")),
            "tree 0: field 'leaf_value': 3 values, expected 200000000");
  EXPECT_EQ(Refusal(With("max_feature_idx=1", "max_feature_idx=2000000000")),
            "field 'max_feature_idx': 2000000000 is not within 0 to 131071");
  EXPECT_EQ(Refusal(With("num_tree_per_iteration=1", "num_tree_per_iteration=0")),
            "field 'num_tree_per_iteration': 0 is not within 1 to 65536");
  EXPECT_EQ(Refusal(With("feature_names=wind zone", "feature_names=wind")),
            "1 feature names for 2 features");
}

TEST(LightgbmReader, AFileThatEndsEarlyIsRefused) {
  const std::string bytes = Golden("lgb_categorical.txt");
  const std::size_t end = bytes.find("end of trees");
  for (std::size_t size = 0; size < end; size += 7) {
    EXPECT_FALSE(ReadLightgbm(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace geoclimate::model
