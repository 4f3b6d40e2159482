#include "geoclimate/inference/tree_backend.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

// Values at which comparisons turn: thresholds are drawn from them too, so that rows meet them
// exactly.
const std::vector<float> kValues = {
    0.0F,    -0.0F, 1.0F,  -1.0F, 0.1F,  0.3F,   1e-35F,        -1e-35F,        1.1e-35F, 1e-45F,
    -1e-45F, 2.5F,  17.0F, 40.0F, 3e38F, -3e38F, 3.4028235e38F, -3.4028235e38F, 1e-38F};

struct Shape {
  int features = 5;
  int outputs = 1;
  int trees = 20;
  int depth = 6;
  bool floats = true;
  bool categories = false;
};

class EnsembleMaker {
 public:
  explicit EnsembleMaker(unsigned seed) : random_(seed) {}

  int Below(int limit) { return std::uniform_int_distribution<int>(0, limit - 1)(random_); }
  float Value() {
    return kValues[static_cast<std::size_t>(Below(static_cast<int>(kValues.size())))];
  }

  model::TreeEnsemble Make(const Shape& shape) {
    model::TreeEnsemble ensemble;
    ensemble.features = shape.features;
    ensemble.outputs = shape.outputs;
    ensemble.feature_names.assign(static_cast<std::size_t>(shape.features), "f");
    ensemble.float_thresholds = shape.floats;
    for (int i = 0; i < shape.outputs; ++i) ensemble.base_scores.push_back(0.25 * i);
    for (int i = 0; i < shape.trees; ++i) {
      model::Tree tree;
      tree.output = Below(shape.outputs);
      Grow(shape, shape.depth, tree);
      ensemble.trees.push_back(std::move(tree));
    }
    return ensemble;
  }

  std::vector<float> Rows(std::size_t count, int features) {
    std::vector<float> rows(count * static_cast<std::size_t>(features));
    for (float& value : rows) {
      switch (Below(8)) {
        case 0:
          value = kNan;
          break;
        case 1:
          value = Below(2) == 0 ? kInf : -kInf;
          break;
        case 2:
          value = static_cast<float>(Below(70));
          break;
        default:
          value = Value();
      }
    }
    return rows;
  }

 private:
  std::int32_t Grow(const Shape& shape, int depth, model::Tree& tree) {
    const auto at = tree.nodes.size();
    tree.nodes.emplace_back();
    if (depth == 0 || Below(6) == 0) {
      tree.nodes[at].value =
          shape.floats ? double{static_cast<float>(Below(1000)) / 7} : Below(1000) / 7.0;
      return static_cast<std::int32_t>(at);
    }
    model::TreeNode node;
    node.feature = Below(shape.features);
    node.default_left = Below(2) == 0;
    if (shape.categories && Below(3) == 0) {
      node.kind = shape.floats ? model::SplitKind::kInSetRight : model::SplitKind::kInSetLeft;
      node.category_offset = static_cast<std::uint32_t>(tree.category_words.size());
      node.category_words_count = 2;
      tree.category_words.push_back(static_cast<std::uint32_t>(random_()));
      tree.category_words.push_back(static_cast<std::uint32_t>(random_()));
    } else if (shape.floats) {
      node.threshold = double{Below(10) == 0 ? (Below(2) == 0 ? kInf : -kInf) : Value()};
    } else {
      node.kind = model::SplitKind::kLessOrEqual;
      node.missing = static_cast<model::TreeNode::Missing>(Below(3));
      node.threshold = Threshold();
    }
    node.left = Grow(shape, depth - 1, tree);
    node.right = Grow(shape, depth - 1, tree);
    tree.nodes[at] = node;
    return static_cast<std::int32_t>(at);
  }

  // A double at, just above or just below a float, or past all of them.
  double Threshold() {
    switch (Below(10)) {
      case 0:
        return Below(2) == 0 ? 1e300 : -1e300;
      case 1:
        return Below(2) == 0 ? double{kInf} : -double{kInf};
      default:
        const double value = double{Value()};
        const int side = Below(3) - 1;
        return side == 0 ? value : std::nextafter(value, side * double{kInf});
    }
  }

  std::mt19937 random_;
};

// Margins by the definition of the splits, summed in the order of the trees.
template <typename Sum>
std::vector<float> ByDefinition(const model::TreeEnsemble& ensemble, std::span<const float> row) {
  std::vector<Sum> sums(ensemble.base_scores.size());
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<Sum>(ensemble.base_scores[i]);
  for (const model::Tree& tree : ensemble.trees) {
    sums[static_cast<std::size_t>(tree.output)] +=
        static_cast<Sum>(model::FindLeaf(tree, row).value);
  }
  std::vector<float> result(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) result[i] = static_cast<float>(sums[i]);
  return result;
}

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
    const std::vector<float> expected = ensemble.float_thresholds
                                            ? ByDefinition<float>(ensemble, values)
                                            : ByDefinition<double>(ensemble, values);
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
