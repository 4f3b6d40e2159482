// What the reader makes of a file, and what it refuses; that its models answer as XGBoost does is
// inference/tree_backend_golden_test.cc's matter.
#include "geoclimate/model/xgboost_reader.h"

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

// One tree: f0 < 1.5 ? 1 : (f1 in {1, 33} ? 3 : 2), in the form of XGBoost 3.
constexpr std::string_view kSmall = R"({"learner":{
  "feature_names":[],"feature_types":[],
  "gradient_booster":{"model":{
    "gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1"},
    "tree_info":[0],
    "trees":[{
      "left_children":[1,-1,3,-1,-1],
      "right_children":[2,-1,4,-1,-1],
      "split_indices":[0,0,1,0,0],
      "split_conditions":[1.5,1,0,2,3],
      "split_type":[0,0,1,0,0],
      "default_left":[1,0,0,0,0],
      "categories":[1,33],"categories_nodes":[2],"categories_segments":[0],"categories_sizes":[2],
      "tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"5","size_leaf_vector":"1"}
    }]},
    "name":"gbtree"},
  "learner_model_param":{"base_score":"[5E-1]","num_class":"0","num_feature":"2","num_target":"1"},
  "objective":{"name":"reg:squarederror"}},
  "version":[3,2,0]})";

std::string With(std::string_view from, std::string_view to) {
  std::string text(kSmall);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string Refusal(std::string_view bytes,
                    base::ErrorCode code = base::ErrorCode::kInvalidArgument) {
  const base::Result<TreeEnsemble> read = ReadXgboost(bytes);
  if (read.ok()) return "accepted";
  EXPECT_EQ(read.error().code(), code) << read.error().message();
  return read.error().message();
}

TEST(XgboostReader, ReadsSplitsLeavesAndSets) {
  const base::Result<TreeEnsemble> read = ReadXgboost(kSmall);
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->source, "xgboost 3.2.0");
  EXPECT_EQ(read->objective, "reg:squarederror");
  EXPECT_EQ(read->feature_names, (std::vector<std::string>{"f0", "f1"}));
  EXPECT_EQ(read->base_scores, std::vector<double>{0.5});
  EXPECT_TRUE(read->float_thresholds);
  const Tree& tree = read->trees.at(0);
  ASSERT_EQ(tree.nodes.size(), 5U);
  EXPECT_EQ(tree.nodes[0].threshold, 1.5);
  EXPECT_TRUE(tree.nodes[0].default_left);
  EXPECT_EQ(tree.nodes[0].right, tree.nodes[0].left + 1);
  EXPECT_EQ(tree.nodes[1].value, 1);
  EXPECT_EQ(tree.nodes[2].kind, SplitKind::kInSetRight);
  EXPECT_EQ(tree.category_words, (std::vector<std::uint32_t>{2, 2}));
}

TEST(XgboostReader, BothEncodingsOfAModelReadTheSame) {
  const auto json = ReadXgboost(Golden("xgb_categorical.json"));
  const auto ubj = ReadXgboost(Golden("xgb_categorical_ubj.ubj"));
  ASSERT_TRUE(json.ok() && ubj.ok());
  ASSERT_EQ(json->trees.size(), ubj->trees.size());
  EXPECT_EQ(json->base_scores, ubj->base_scores);
  for (std::size_t i = 0; i < json->trees.size(); ++i) {
    const Tree& left = json->trees[i];
    const Tree& right = ubj->trees[i];
    EXPECT_EQ(left.category_words, right.category_words);
    ASSERT_EQ(left.nodes.size(), right.nodes.size());
    for (std::size_t node = 0; node < left.nodes.size(); ++node) {
      EXPECT_EQ(left.nodes[node].feature, right.nodes[node].feature);
      EXPECT_EQ(left.nodes[node].threshold, right.nodes[node].threshold);
      EXPECT_EQ(left.nodes[node].value, right.nodes[node].value);
    }
  }
}

TEST(XgboostReader, KeepsTheNamesThatTheFileGives) {
  const auto read = ReadXgboost(Golden("xgb_squarederror.json"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->feature_names,
            (std::vector<std::string>{"wind", "pm25 lag", "\"ozone\"", "\u00b5"}));
}

TEST(XgboostReader, PrunedNodesAreLeftBehind) {
  const auto read = ReadXgboost(With("[1,-1,3,-1,-1]", "[1,-1,-1,-1,-1]"));
  ASSERT_TRUE(read.ok()) << read.error().message();
  EXPECT_EQ(read->trees[0].nodes.size(), 3U);
}

TEST(XgboostReader, BaseScoreComesInBothForms) {
  EXPECT_EQ(ReadXgboost(With("[5E-1]", "2.5E-1"))->base_scores, std::vector<double>{0.25});
  EXPECT_EQ(Refusal(With("[5E-1]", "[1,2]")), "field 'base_score': 2 values for 1 outputs");
  EXPECT_EQ(Refusal(With("[5E-1]", "[5E-1")), "field 'base_score': '[5E-1' is not a number");
  EXPECT_EQ(Refusal(With("[5E-1]", "nan")),
            "field 'base_score': nan is out of range for reg:squarederror");
  std::string logistic = With("reg:squarederror", "binary:logistic");
  EXPECT_EQ(ReadXgboost(logistic)->base_scores, std::vector<double>{0});
  logistic.replace(logistic.find("[5E-1]"), 6, "1");
  EXPECT_EQ(Refusal(logistic), "field 'base_score': 1 is out of range for binary:logistic");
}

TEST(XgboostReader, WhatItDoesNotServeIsRefusedByName) {
  EXPECT_NE(Refusal(Golden("refused_vector_leaf.json"), base::ErrorCode::kUnimplemented)
                .find("multi_output_tree"),
            std::string::npos);
  EXPECT_NE(
      Refusal(Golden("refused_gblinear.json"), base::ErrorCode::kUnimplemented).find("'gblinear'"),
      std::string::npos);
  EXPECT_EQ(Refusal(With("reg:squarederror", "my:own"), base::ErrorCode::kUnimplemented),
            "the objective 'my:own' is unknown");
}

TEST(XgboostReader, BrokenTreesAreRefusedWithTreeAndNode) {
  EXPECT_EQ(Refusal(With("\"right_children\":[2,", "\"right_children\":[1,")),
            "tree 0: node 1: is reached twice");
  EXPECT_EQ(Refusal(With("\"right_children\":[2,", "\"right_children\":[0,")),
            "tree 0: node 0: is reached twice");
  EXPECT_EQ(Refusal(With("\"right_children\":[2,", "\"right_children\":[5,")),
            "tree 0: node 0: has the child 5 of 5 nodes");
  EXPECT_EQ(Refusal(With("\"right_children\":[2,", "\"right_children\":[1.5,")),
            "tree 0: node 0: has the child 1.5 of 5 nodes");
  EXPECT_EQ(Refusal(With("\"split_indices\":[0,0,1", "\"split_indices\":[2,0,1")),
            "tree 0, node 0: splits on feature 2, there are 2");
  EXPECT_EQ(Refusal(With("\"split_indices\":[0,", "\"split_indices\":[-1,")),
            "tree 0: node 0: splits on feature -1");
  EXPECT_EQ(Refusal(With("\"split_conditions\":[1.5,1,", "\"split_conditions\":[1.5,1e39,")),
            "tree 0, node 1: its leaf value is not finite");
  EXPECT_EQ(Refusal(With("[1.5,1,0,2,3]", "[1.5,1,0,2]")), "tree 0: its arrays differ in length");
  EXPECT_EQ(Refusal(With("\"tree_info\":[0]", "\"tree_info\":[1]")),
            "tree 0 adds to output 1, there are 1");
  EXPECT_EQ(Refusal(With("\"tree_info\":[0]", "\"tree_info\":[0,0]")),
            "tree_info is of 2 trees, there are 1");
}

TEST(XgboostReader, BrokenSetsOfCategoriesAreRefused) {
  EXPECT_EQ(Refusal(With("\"categories_nodes\":[2]", "\"categories_nodes\":[1]")),
            "tree 0: node 2: has no set of categories");
  EXPECT_EQ(Refusal(With("\"categories_sizes\":[2]", "\"categories_sizes\":[3]")),
            "tree 0: node 2: its set of categories lies outside the tree's");
  EXPECT_EQ(Refusal(With("\"categories_segments\":[0]", "\"categories_segments\":[-1]")),
            "tree 0: node 2: its set of categories lies outside the tree's");
  EXPECT_EQ(Refusal(With("\"categories\":[1,33]", "\"categories\":[1,-33]")),
            "tree 0: node 2: has the category -33");
  EXPECT_EQ(Refusal(With("\"categories\":[1,33]", "\"categories\":[1,16777216]")),
            "tree 0: node 2: has the category 16777216");
}

TEST(XgboostReader, SizesThatTheFileOnlyClaimsAreRefused) {
  EXPECT_EQ(Refusal(With("\"num_feature\":\"2\",\"num_target\"",
                         "\"num_feature\":\"2000000000\",\"num_target\"")),
            "field 'num_feature': 2000000000 is not within 0 to 131072");
  EXPECT_EQ(Refusal(With("\"num_class\":\"0\"", "\"num_class\":\"-1\"")),
            "field 'num_class': -1 is not within 0 to 65536");
  EXPECT_EQ(Refusal(With("\"feature_names\":[]", "\"feature_names\":[\"a\"]")),
            "1 feature_names for num_feature 2");
}

TEST(XgboostReader, EveryTruncationIsRefused) {
  for (const std::string_view name : {"xgb_logistic.ubj", "xgb_dart.json"}) {
    const std::string bytes = Golden(name);
    for (std::size_t size = 0; size < bytes.size(); size += 7) {
      EXPECT_FALSE(ReadXgboost(std::string_view(bytes).substr(0, size)).ok()) << name << size;
    }
  }
}

TEST(XgboostReader, UbjsonThatClaimsMoreThanItHoldsIsRefused) {
  using namespace std::string_view_literals;
  const std::string_view name = "{L\0\0\0\0\0\0\0\x07learner"sv;
  const auto refusal = [&](std::string_view value) {
    return Refusal(std::string(name) + std::string(value));
  };
  EXPECT_NE(refusal("[$l#L\x7f\0\0\0\0\0\0\0"sv).find("longer than the file"), std::string::npos);
  EXPECT_NE(refusal("[$Z#l\x7f\0\0\0"sv).find("a type without bytes"), std::string::npos);
  EXPECT_NE(refusal("[#l\x7f\0\0\0"sv).find("longer than the file"), std::string::npos);
  EXPECT_NE(refusal("[#d\0\0\0\0"sv).find("not an integer"), std::string::npos);
  EXPECT_NE(refusal("SL\xff\xff\xff\xff\xff\xff\xff\xff"sv).find("longer than the file"),
            std::string::npos);
  EXPECT_NE(refusal("Hi\x01"sv).find("unknown type"), std::string::npos);
  EXPECT_NE(refusal(std::string(100'000, '[')).find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace geoclimate::model
