#pragma once

// Random ensembles and rows, made to meet where comparisons turn, and what they score by
// definition.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "geoclimate/model/tree_ensemble.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference::testing {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
inline constexpr float kInf = std::numeric_limits<float>::infinity();

// Values at which comparisons turn: thresholds are drawn from them too, so that rows meet them
// exactly.
inline const std::vector<float> kValues = {
    0.0F,    -0.0F, 1.0F,  -1.0F, 0.1F,  0.3F,   1e-35F,        -1e-35F,        1.1e-35F, 1e-45F,
    -1e-45F, 2.5F,  17.0F, 40.0F, 3e38F, -3e38F, 3.4028235e38F, -3.4028235e38F, 1e-38F};

struct Shape {
  int features = 5;
  int outputs = 1;
  int trees = 20;
  int depth = 6;
  bool floats = true;
  bool categories = false;
  int leaf_in = 6;      // one node in so many is a leaf before the depth is reached
  bool spread = false;  // thresholds are all over the floats: hardly two are equal
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
  float Value(const Shape& shape) {
    if (!shape.spread || Below(4) == 0) return Value();
    return std::uniform_real_distribution<float>(-100, 100)(random_);
  }

  std::int32_t Grow(const Shape& shape, int depth, model::Tree& tree) {
    const auto at = tree.nodes.size();
    tree.nodes.emplace_back();
    if (depth == 0 || Below(shape.leaf_in) == 0) {
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
      node.threshold = double{Below(10) == 0 ? (Below(2) == 0 ? kInf : -kInf) : Value(shape)};
    } else {
      node.kind = model::SplitKind::kLessOrEqual;
      node.missing = static_cast<model::TreeNode::Missing>(Below(3));
      node.threshold = Threshold(shape);
    }
    node.left = Grow(shape, depth - 1, tree);
    node.right = Grow(shape, depth - 1, tree);
    tree.nodes[at] = node;
    return static_cast<std::int32_t>(at);
  }

  // A double at, just above or just below a float, or past all of them.
  double Threshold(const Shape& shape) {
    switch (Below(10)) {
      case 0:
        return Below(2) == 0 ? 1e300 : -1e300;
      case 1:
        return Below(2) == 0 ? double{kInf} : -double{kInf};
      default:
        const double value = double{Value(shape)};
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

inline std::vector<float> ByDefinition(const model::TreeEnsemble& ensemble,
                                       std::span<const float> row) {
  return ensemble.float_thresholds ? ByDefinition<float>(ensemble, row)
                                   : ByDefinition<double>(ensemble, row);
}

}  // namespace geoclimate::inference::testing
