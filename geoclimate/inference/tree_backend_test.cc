#include "geoclimate/inference/tree_backend.h"

#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/inference/testing/random_ensembles.h"

namespace geoclimate::inference {
namespace {

using testing::EnsembleMaker;
using testing::kInf;
using testing::kNan;
using testing::Shape;

void ExpectByDefinition(const model::TreeEnsemble& ensemble, std::span<const float> rows) {
  const auto backend = TreeBackend::Build(ensemble, Scores::kMargin);
  ASSERT_TRUE(backend.ok()) << backend.error().message();
  const std::size_t features = (*backend)->features();
  const std::size_t outputs = (*backend)->outputs();
  const std::size_t count = rows.size() / features;
  std::vector<float> batch(count * outputs);
  ASSERT_TRUE((*backend)->Predict(rows, count, batch).ok());
  for (std::size_t row = 0; row < count; ++row) {
    const std::span<const float> values = rows.subspan(row * features, features);
    std::vector<float> alone(outputs);
    ASSERT_TRUE((*backend)->Predict(values, 1, alone).ok());
    const std::vector<float> expected = testing::ByDefinition(ensemble, values);
    ASSERT_EQ(alone, expected) << "row " << row;
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(),
                           batch.begin() + static_cast<std::ptrdiff_t>(row * outputs)))
        << "row " << row;
  }
}

TEST(TreeBackend, ScoresFloatEnsemblesAsTheSplitsAreDefined) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    EnsembleMaker maker(seed);
    const Shape shape = {.features = 1 + maker.Below(9),
                         .outputs = 1 + maker.Below(3),
                         .trees = maker.Below(40),
                         .depth = 1 + maker.Below(9),
                         .categories = seed % 2 == 1};
    SCOPED_TRACE(seed);
    ExpectByDefinition(maker.Make(shape), maker.Rows(150, shape.features));
  }
}

TEST(TreeBackend, ScoresDoubleEnsemblesAsTheSplitsAreDefined) {
  for (unsigned seed = 100; seed < 160; ++seed) {
    EnsembleMaker maker(seed);
    const Shape shape = {.features = 1 + maker.Below(9),
                         .outputs = 1 + maker.Below(3),
                         .trees = maker.Below(40),
                         .depth = 1 + maker.Below(9),
                         .floats = false,
                         .categories = seed % 2 == 1};
    SCOPED_TRACE(seed);
    ExpectByDefinition(maker.Make(shape), maker.Rows(150, shape.features));
  }
}

TEST(TreeBackend, ScoresRowsTooWideForTheCompactNodes) {
  EnsembleMaker maker(7);
  const Shape shape = {.features = 40'000, .trees = 30, .depth = 8};
  ExpectByDefinition(maker.Make(shape), maker.Rows(3, shape.features));
}

TEST(TreeBackend, ScoresTreesTooLargeForTheCompactNodes) {
  EnsembleMaker maker(8);
  Shape shape = {.trees = 2, .depth = 22};
  model::TreeEnsemble ensemble = maker.Make(shape);
  while (ensemble.trees[0].nodes.size() < 40'000) ensemble = maker.Make(shape);
  ExpectByDefinition(ensemble, maker.Rows(50, shape.features));
}

TEST(TreeBackend, AnEnsembleWithoutTreesAnswersItsBaseScore) {
  EnsembleMaker maker(9);
  ExpectByDefinition(maker.Make({.outputs = 3, .trees = 0}), maker.Rows(5, 5));
}

TEST(TreeBackend, ADeepChainIsWalkedToItsEnd) {
  model::TreeEnsemble ensemble;
  ensemble.features = 1;
  ensemble.feature_names = {"f"};
  ensemble.base_scores = {0};
  model::Tree tree;
  for (std::int32_t i = 0; i < model::kMaxDepth; ++i) {
    model::TreeNode split;
    split.feature = 0;
    split.threshold = i;
    split.left = 2 * i + 1;
    split.right = 2 * i + 2;
    tree.nodes.push_back(split);
    tree.nodes.emplace_back().value = i;
  }
  tree.nodes.emplace_back().value = -1;
  ensemble.trees.assign(9, tree);
  ExpectByDefinition(ensemble, std::vector<float>{-1, 0.5F, 500, 998.5F, 999, kNan});
}

TEST(TreeBackend, ArgmaxAnswersOneClassARow) {
  EnsembleMaker maker(10);
  model::TreeEnsemble ensemble = maker.Make({.outputs = 3});
  ensemble.link = model::Link::kArgmax;
  const auto linked = TreeBackend::Build(ensemble, Scores::kLinked);
  const auto margin = TreeBackend::Build(ensemble, Scores::kMargin);
  ASSERT_EQ((*linked)->outputs(), 1U);
  ASSERT_EQ((*margin)->outputs(), 3U);
  const std::vector<float> rows = maker.Rows(100, 5);
  std::vector<float> classes(100);
  std::vector<float> margins(300);
  ASSERT_TRUE((*linked)->Predict(rows, 100, classes).ok());
  ASSERT_TRUE((*margin)->Predict(rows, 100, margins).ok());
  for (std::size_t row = 0; row < 100; ++row) {
    const auto first = margins.begin() + static_cast<std::ptrdiff_t>(3 * row);
    EXPECT_EQ(classes[row], static_cast<float>(std::max_element(first, first + 3) - first));
  }
}

TEST(TreeBackend, RefusesAnEnsembleThatIsBroken) {
  EnsembleMaker maker(11);
  model::TreeEnsemble ensemble = maker.Make({});
  ensemble.trees[3].nodes.clear();
  const auto backend = TreeBackend::Build(ensemble, Scores::kMargin);
  ASSERT_FALSE(backend.ok());
  EXPECT_EQ(backend.error().message(), "tree 3 has no nodes");
}

}  // namespace
}  // namespace geoclimate::inference
