#include "geoclimate/inference/row_codes.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

constexpr std::size_t kRows = RowCodes::kBlockRows;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// One split a tree, all on feature 1 of 2.
model::TreeEnsemble Splits(const std::vector<double>& thresholds,
                           model::TreeNode::Missing missing = model::TreeNode::Missing::kNan) {
  model::TreeEnsemble ensemble;
  ensemble.features = 2;
  ensemble.feature_names = {"f", "g"};
  ensemble.base_scores = {0};
  ensemble.float_thresholds = false;
  for (std::size_t i = 0; i < thresholds.size(); ++i) {
    model::Tree tree;
    tree.nodes.resize(3);
    tree.nodes[0].feature = 1;
    tree.nodes[0].kind = i % 2 == 0 ? model::SplitKind::kLess : model::SplitKind::kLessOrEqual;
    tree.nodes[0].threshold = thresholds[i];
    tree.nodes[0].default_left = i % 3 == 0;
    tree.nodes[0].missing = missing;
    tree.nodes[0].left = 1;
    tree.nodes[0].right = 2;
    ensemble.trees.push_back(tree);
  }
  return ensemble;
}

// Every split goes the same way by the codes as by its definition.
void ExpectSameWays(const model::TreeEnsemble& ensemble, const std::vector<float>& values) {
  const std::optional<RowCodes> codes = RowCodes::Build(ensemble);
  ASSERT_TRUE(codes.has_value());
  std::vector<std::int8_t> block(codes->columns() * kRows);
  for (std::size_t first = 0; first < values.size(); first += kRows) {
    const std::size_t count = std::min(kRows, values.size() - first);
    std::vector<float> rows;
    for (std::size_t i = 0; i < count; ++i) {
      rows.push_back(kNan);
      rows.push_back(values[first + i]);
    }
    codes->Fill(rows, 2, count, block);
    for (const model::Tree& tree : ensemble.trees) {
      const model::TreeNode& node = tree.nodes[0];
      const CodedSplit split = codes->Code(1, PackSplit(node));
      for (std::size_t i = 0; i < count; ++i) {
        const bool left = block[split.column * kRows + i] <= split.threshold;
        ASSERT_EQ(left, model::GoesLeft(tree, node, values[first + i]))
            << values[first + i] << " at " << node.threshold;
      }
    }
  }
}

std::vector<float> Around(const std::vector<double>& thresholds) {
  std::vector<float> values = {kNan, kInf, -kInf, 0.0F, -0.0F, 1e-45F, -1e-45F, 1e-35F, -1e-35F};
  for (const double threshold : thresholds) {
    const auto value = static_cast<float>(threshold);
    values.insert(values.end(), {value, std::nextafter(value, kInf), std::nextafter(value, -kInf)});
  }
  return values;
}

std::vector<double> Grid(int count) {
  std::vector<double> thresholds;
  for (int i = 0; i < count; ++i)
    thresholds.push_back(double{static_cast<float>(i - count / 2)} / 7);
  return thresholds;
}

// Whole groups of the search, one less and one more; one byte full, and the next.
TEST(RowCodes, SplitAsTheThresholdsDoForAnyNumberOfThem) {
  for (const int count : {1, 2, 15, 16, 17, 254, 255, 256, 257, 510, 511, 4095, 4096, 5000}) {
    SCOPED_TRACE(count);
    ExpectSameWays(Splits(Grid(count)), Around(Grid(count)));
  }
}

TEST(RowCodes, SendMissingValuesWhereEachSplitWantsThem) {
  for (const auto missing : {model::TreeNode::Missing::kNan, model::TreeNode::Missing::kNone,
                             model::TreeNode::Missing::kZero}) {
    const std::vector<double> thresholds = {-1, -1e-35, -1e-45, 0, 1e-45, 1e-36, 1e-35, 2};
    ExpectSameWays(Splits(thresholds, missing), Around(thresholds));
  }
}

TEST(RowCodes, SplitAtInfinitiesAndBeyondAllFloats) {
  const std::vector<double> thresholds = {-double{kInf},         -1e300, -3.4028234663852886e38,
                                          3.4028234663852886e38, 1e300,  double{kInf}};
  ExpectSameWays(Splits(thresholds), Around(thresholds));
}

TEST(RowCodes, HaveAColumnForEachDirectionThatMissingValuesTake) {
  EXPECT_EQ(RowCodes::Build(Splits({1}))->columns(), 1U);
  EXPECT_EQ(RowCodes::Build(Splits({1, 2, 3}))->columns(), 2U);
  EXPECT_EQ(RowCodes::Build(Splits(Grid(512)))->columns(), 6U);
}

TEST(RowCodes, AreRefusedWhereColumnsRunOut) {
  EXPECT_TRUE(RowCodes::Build(Splits(Grid(130'000))).has_value());
  EXPECT_FALSE(RowCodes::Build(Splits(Grid(140'000))).has_value());
}

TEST(RowCodes, AreRefusedWithoutASplit) {
  model::TreeEnsemble ensemble = Splits({1});
  ensemble.trees[0].nodes.assign(1, {});
  EXPECT_FALSE(RowCodes::Build(ensemble).has_value());
}

TEST(RowCodes, SampleRowsMeetBothSidesOfSplits) {
  const model::TreeEnsemble ensemble = Splits(Grid(200));
  const std::optional<RowCodes> codes = RowCodes::Build(ensemble);
  int left = 0;
  for (std::uint64_t seed = 0; seed < 64; ++seed) {
    std::vector<float> row(2);
    codes->FillSample(seed, row);
    EXPECT_TRUE(std::isnan(row[0]));
    left += model::GoesLeft(ensemble.trees[100], ensemble.trees[100].nodes[0], row[1]) ? 1 : 0;
  }
  EXPECT_GT(left, 10);
  EXPECT_LT(left, 54);
}

}  // namespace
}  // namespace geoclimate::inference
