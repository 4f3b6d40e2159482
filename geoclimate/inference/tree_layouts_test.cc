// Every layout, with every kind of vector instructions that this machine has, against the
// definition of the splits: to the bit, alone and in batches.
#define HWY_WANT_AVX3_DL 1
#include <hwy/highway.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/random_ensembles.h"
#include "geoclimate/inference/tree_backend.h"

namespace geoclimate::inference {
namespace {

using testing::EnsembleMaker;
using testing::Shape;

std::vector<std::uint32_t> Bits(std::span<const float> values) {
  std::vector<std::uint32_t> bits;
  bits.reserve(values.size());
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

class TreeLayouts : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override { Use(GetParam()); }
  void TearDown() override { Use(0); }

  // 0: what the machine has.
  static void Use(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  // Each layout, in batches of several sizes. Says from how many rows the blocked one takes over.
  static std::size_t ExpectDefinition(const model::TreeEnsemble& ensemble,
                                      std::span<const float> rows,
                                      const std::vector<std::size_t>& batches = {1, 17, 64, 150}) {
    const auto features = static_cast<std::size_t>(ensemble.features);
    const std::size_t count = rows.size() / features;
    std::vector<float> expected;
    for (std::size_t row = 0; row < count; ++row) {
      const auto margins = testing::ByDefinition(ensemble, rows.subspan(row * features, features));
      expected.insert(expected.end(), margins.begin(), margins.end());
    }
    std::size_t block_from = 0;
    for (const TreeLayout layout :
         {TreeLayout::kWalked, TreeLayout::kHeaps, TreeLayout::kBlocked, TreeLayout::kMeasured}) {
      const auto backend = TreeBackend::Build(ensemble, Scores::kMargin, layout);
      EXPECT_TRUE(backend.ok());
      if (layout == TreeLayout::kBlocked) block_from = (*backend)->block_from();
      for (const std::size_t batch : batches) {
        SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)) + ", batches of " +
                     std::to_string(batch));
        EXPECT_EQ(Bits(Scores(**backend, rows, batch)), Bits(expected));
      }
    }
    return block_from;
  }

  static std::vector<float> Scores(const TreeBackend& backend, std::span<const float> rows,
                                   std::size_t batch) {
    const std::size_t count = rows.size() / backend.features();
    std::vector<float> out(count * backend.outputs());
    for (std::size_t first = 0; first < count; first += batch) {
      const std::size_t size = std::min(batch, count - first);
      const base::Result<void> scored = backend.Predict(
          rows.subspan(first * backend.features(), size * backend.features()), size,
          std::span(out).subspan(first * backend.outputs(), size * backend.outputs()));
      EXPECT_TRUE(scored.ok());
    }
    return out;
  }
};

TEST_P(TreeLayouts, ScoreRandomEnsemblesAsTheSplitsAreDefined) {
  for (unsigned seed = 0; seed < 80; ++seed) {
    EnsembleMaker maker(seed);
    const Shape shape = {.features = 1 + maker.Below(9),
                         .outputs = 1 + maker.Below(3),
                         .trees = maker.Below(40),
                         .depth = 1 + maker.Below(10),
                         .floats = seed % 2 == 0,
                         .categories = seed % 4 > 1,
                         .leaf_in = 2 + maker.Below(20)};
    SCOPED_TRACE(seed);
    ExpectDefinition(maker.Make(shape), maker.Rows(150, shape.features));
  }
}

TEST_P(TreeLayouts, ScoreFeaturesOfMoreThan255Thresholds) {
  for (const bool floats : {true, false}) {
    EnsembleMaker maker(201);
    const Shape shape = {
        .features = 2, .trees = 200, .depth = 6, .floats = floats, .leaf_in = 30, .spread = true};
    EXPECT_EQ(ExpectDefinition(maker.Make(shape), maker.Rows(150, shape.features)), 1U);
  }
}

// One, two and four registers hold the codes of a row.
TEST_P(TreeLayouts, ScoreRowsOfAnyNumberOfColumns) {
  for (const int features : {20, 32, 33, 60, 64, 65, 120, 128, 129, 300}) {
    SCOPED_TRACE(features);
    EnsembleMaker maker(210);
    const Shape shape = {
        .features = features, .trees = 40, .depth = 6, .floats = features % 2 == 0, .leaf_in = 20};
    ExpectDefinition(maker.Make(shape), maker.Rows(70, shape.features), {1, 70});
  }
}

TEST_P(TreeLayouts, WalkWhereThresholdsNeedMoreColumnsThanCodesHave) {
  EnsembleMaker maker(202);
  const Shape shape = {.features = 1100, .trees = 120, .depth = 6, .leaf_in = 1000, .spread = true};
  EXPECT_GT(ExpectDefinition(maker.Make(shape), maker.Rows(70, shape.features)), 64U);
}

TEST_P(TreeLayouts, ScoreTreesOfDepth16) {
  for (const bool floats : {true, false}) {
    EnsembleMaker maker(203);
    const Shape shape = {
        .features = 7, .outputs = 2, .trees = 9, .depth = 16, .floats = floats, .leaf_in = 25};
    EXPECT_EQ(ExpectDefinition(maker.Make(shape), maker.Rows(150, shape.features)), 1U);
  }
}

TEST_P(TreeLayouts, ScoreFiveThousandTrees) {
  EnsembleMaker maker(204);
  const Shape shape = {.features = 24, .trees = 5000, .depth = 7, .leaf_in = 10};
  EXPECT_EQ(ExpectDefinition(maker.Make(shape), maker.Rows(90, shape.features), {1, 90}), 1U);
}

TEST_P(TreeLayouts, ScoreMoreRowsThanOneChunkHolds) {
  EnsembleMaker maker(205);
  const Shape shape = {.features = 24, .outputs = 3, .trees = 12, .depth = 9, .leaf_in = 12};
  ExpectDefinition(maker.Make(shape), maker.Rows(20'000, shape.features), {20'000, 7777});
}

TEST_P(TreeLayouts, ScoreTreesOfOneLeafAmongOthers) {
  EnsembleMaker maker(206);
  model::TreeEnsemble ensemble = maker.Make({.trees = 5, .depth = 3});
  for (const std::size_t at : {std::size_t{0}, std::size_t{3}}) {
    ensemble.trees[at].nodes.assign(1, {});
    ensemble.trees[at].nodes[0].value = -0.5;
  }
  EXPECT_EQ(ExpectDefinition(ensemble, maker.Rows(90, 5)), 1U);
}

// A block without a column was read where folds have no split.
TEST_P(TreeLayouts, WalkAnEnsembleWithoutASplit) {
  EnsembleMaker maker(209);
  const Shape shape = {.outputs = 2, .trees = 70, .depth = 0};
  EXPECT_GT(ExpectDefinition(maker.Make(shape), maker.Rows(90, shape.features)), 64U);
}

TEST_P(TreeLayouts, ScoreLeafWiseTreesThatAreLongChains) {
  model::TreeEnsemble ensemble;
  ensemble.features = 2;
  ensemble.feature_names = {"f", "g"};
  ensemble.base_scores = {0};
  for (const std::int32_t splits : {30, 254, 255, 256, 700}) {
    model::Tree tree;
    for (std::int32_t i = 0; i < splits; ++i) {
      model::TreeNode split;
      split.feature = i % 2;
      split.default_left = i % 7 == 3;
      split.threshold = i;
      split.left = 2 * i + 1;
      split.right = 2 * i + 2;
      if (i % 3 == 0) std::swap(split.left, split.right);
      tree.nodes.push_back(split);
      tree.nodes.emplace_back().value = i;
    }
    tree.nodes.emplace_back().value = -1;
    ensemble.trees.push_back(tree);
  }
  std::vector<float> rows;
  for (int i = 0; i < 710; ++i) {
    rows.push_back(i % 11 == 5 ? testing::kNan : static_cast<float>(i));
    rows.push_back(i % 13 == 5 ? testing::kInf : static_cast<float>(710 - i));
  }
  EXPECT_EQ(ExpectDefinition(ensemble, rows), 1U);
}

TEST_P(TreeLayouts, AverageAndLinkAsTheWalkDoes) {
  EnsembleMaker maker(207);
  model::TreeEnsemble ensemble =
      maker.Make({.outputs = 3, .trees = 50, .floats = false, .leaf_in = 9});
  ensemble.average = true;
  ensemble.link = model::Link::kSoftmax;
  const std::vector<float> rows = maker.Rows(150, ensemble.features);
  const auto walked = TreeBackend::Build(ensemble, Scores::kLinked, TreeLayout::kWalked);
  const auto blocked = TreeBackend::Build(ensemble, Scores::kLinked, TreeLayout::kBlocked);
  ASSERT_TRUE(walked.ok() && blocked.ok());
  EXPECT_EQ(Bits(Scores(**blocked, rows, 150)), Bits(Scores(**walked, rows, 1)));
}

// Leaves of -0, denormals and infinities are added as numbers are.
TEST_P(TreeLayouts, KeepTheBitsOfOddLeaves) {
  EnsembleMaker maker(208);
  for (const bool floats : {true, false}) {
    model::TreeEnsemble ensemble = maker.Make({.trees = 40, .depth = 5, .floats = floats});
    ensemble.base_scores = {-0.0};
    for (model::Tree& tree : ensemble.trees) {
      for (model::TreeNode& node : tree.nodes) node.value = double{maker.Value()} * 1e-3F;
    }
    for (model::Tree& tree : ensemble.trees) {
      for (model::TreeNode& node : tree.nodes) {
        node.value = maker.Below(2) == 0 ? -0.0 : double{static_cast<float>(node.value)};
      }
    }
    ExpectDefinition(ensemble, maker.Rows(150, 5));
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, TreeLayouts,
                         ::testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& target) {
                           return std::string(hwy::TargetName(target.param));
                         });

}  // namespace
}  // namespace geoclimate::inference
