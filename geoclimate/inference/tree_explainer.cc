#include "geoclimate/inference/tree_explainer.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/base/check.h"
#include "geoclimate/model/tree_walk.h"

namespace geoclimate::inference {
namespace {

using model::Tree;
using model::TreeNode;

const TreeNode& At(const Tree& tree, std::int32_t node) {
  return tree.nodes[static_cast<std::size_t>(node)];
}

// Nothing when every node that can be reached has a cover, and splits one above 0.
std::optional<std::string> WhyNot(const Tree& tree) {
  std::vector<std::int32_t> open = {0};
  while (!open.empty()) {
    const TreeNode& node = At(tree, open.back());
    open.pop_back();
    if (!std::isfinite(node.cover) || node.cover < 0) {
      return fmt::format("a node has the cover {}", node.cover);
    }
    if (node.feature < 0) continue;
    if (node.cover == 0) return "its file does not say how many training rows came by its nodes";
    open.push_back(node.left);
    open.push_back(node.right);
  }
  return std::nullopt;
}

struct TreeMeasures {
  double mean = 0;  // of its leaves, weighted by how much of the training rows they hold
  std::size_t depth = 0;
};

TreeMeasures Measure(const Tree& tree) {
  struct Visit {
    std::int32_t node;
    double share;
    std::size_t depth;
  };
  TreeMeasures measures;
  std::vector<Visit> open = {{0, 1, 0}};
  while (!open.empty()) {
    const Visit at = open.back();
    open.pop_back();
    const TreeNode& node = At(tree, at.node);
    measures.depth = std::max(measures.depth, at.depth);
    if (node.feature < 0) {
      measures.mean += at.share * node.value;
      continue;
    }
    for (const std::int32_t child : {node.left, node.right}) {
      const double share = at.share * double{At(tree, child).cover} / double{node.cover};
      open.push_back({child, share, at.depth + 1});
    }
  }
  return measures;
}

// A feature on the way to a node, and what its splits there let through.
struct Step {
  std::int32_t feature;
  double zero;  // the share of the training rows, when the feature is not known
  double one;   // 1 when the row goes this way, else 0
  // Sum over the sets of so many of the way's features as this step's place in it (0: none is
  // known), of the share that comes through, weighted as Shapley's formula weighs such sets.
  double weight;
};

// The way from a tree's root, without features that stand in it twice.
class Way {
 public:
  Way(Step* steps, std::size_t size) : steps_(steps), size_(size) {}

  std::size_t size() const { return size_; }
  const Step& operator[](std::size_t i) const { return steps_[i]; }
  std::size_t Find(std::int32_t feature) const {
    std::size_t at = 1;
    while (at < size_ && steps_[at].feature != feature) ++at;
    return at;
  }

  void Extend(std::int32_t feature, double zero, double one) {
    const std::size_t last = size_++;
    steps_[last] = {feature, zero, one, last == 0 ? 1.0 : 0.0};
    const auto length = static_cast<double>(last + 1);
    for (std::size_t i = last; i-- > 0;) {
      const auto known = static_cast<double>(i + 1);
      steps_[i + 1].weight += one * steps_[i].weight * known / length;
      steps_[i].weight *= zero * (length - known) / length;
    }
  }

  // Takes the step back as if it had never been made.
  void Unwind(std::size_t step) {
    const std::size_t last = --size_;
    const double zero = steps_[step].zero;
    const double one = steps_[step].one;
    const auto length = static_cast<double>(last + 1);
    double next = steps_[last].weight;
    for (std::size_t i = last; i-- > 0;) {
      const auto known = static_cast<double>(i + 1);
      if (one != 0) {
        const double weight = steps_[i].weight;
        steps_[i].weight = next * length / (known * one);
        next = weight - steps_[i].weight * zero * (length - known) / length;
      } else {
        steps_[i].weight = steps_[i].weight * length / (zero * (length - known));
      }
    }
    for (std::size_t i = step; i < last; ++i) {
      steps_[i].feature = steps_[i + 1].feature;
      steps_[i].zero = steps_[i + 1].zero;
      steps_[i].one = steps_[i + 1].one;
    }
  }

  // The sum of the weights after Unwind(step).
  double WeightWithout(std::size_t step) const {
    const std::size_t last = size_ - 1;
    const double zero = steps_[step].zero;
    const double one = steps_[step].one;
    const auto length = static_cast<double>(last + 1);
    double next = steps_[last].weight;
    double total = 0;
    for (std::size_t i = last; i-- > 0;) {
      const auto known = static_cast<double>(i + 1);
      if (one != 0) {
        const double weight = next * length / (known * one);
        total += weight;
        next = steps_[i].weight - weight * zero * (length - known) / length;
      } else if (zero != 0) {
        total += steps_[i].weight * length / (zero * (length - known));
      }
    }
    return total;
  }

 private:
  Step* steps_;
  std::size_t size_;
};

class Walk {
 public:
  // `contributions` are added to, times `factor`.
  Walk(std::span<const float> row, std::span<double> contributions, std::vector<Step>& space)
      : row_(row), contributions_(contributions), space_(space) {}

  void Run(const Tree& tree, double factor) {
    tree_ = &tree;
    factor_ = factor;
    Way way(space_.data(), 0);
    way.Extend(-1, 1, 1);
    Visit(At(tree, 0), way, 0);
  }

 private:
  // `begin` is where the way's steps begin in the work space. Recursion is bounded by
  // model::kMaxDepth.
  void Visit(const TreeNode& node, Way way, std::size_t begin) {
    if (node.feature < 0) {
      for (std::size_t i = 1; i < way.size(); ++i) {
        contributions_[static_cast<std::size_t>(way[i].feature)] +=
            factor_ * way.WeightWithout(i) * (way[i].one - way[i].zero) * node.value;
      }
      return;
    }
    const float value = row_[static_cast<std::size_t>(node.feature)];
    const bool left = model::GoesLeft(*tree_, node, value);
    double zero = 1;
    double one = 1;
    // A feature that stands in the way already makes one step of both.
    const std::size_t before = way.Find(node.feature);
    if (before < way.size()) {
      zero = way[before].zero;
      one = way[before].one;
      way.Unwind(before);
    }
    const auto share = [&](std::int32_t child) {
      return zero * double{At(*tree_, child).cover} / double{node.cover};
    };
    Descend(node.feature, node.left, share(node.left), left ? one : 0, way, begin);
    Descend(node.feature, node.right, share(node.right), left ? 0 : one, way, begin);
  }

  void Descend(std::int32_t feature, std::int32_t child, double zero, double one, const Way& way,
               std::size_t begin) {
    if (zero == 0 && one == 0) return;  // nothing comes here
    const std::size_t end = begin + way.size();
    std::copy_n(space_.begin() + static_cast<std::ptrdiff_t>(begin), way.size(),
                space_.begin() + static_cast<std::ptrdiff_t>(end));
    Way longer(space_.data() + end, way.size());
    longer.Extend(feature, zero, one);
    Visit(At(*tree_, child), longer, end);
  }

  const std::span<const float> row_;
  const std::span<double> contributions_;
  std::vector<Step>& space_;
  const Tree* tree_ = nullptr;
  double factor_ = 1;
};

}  // namespace

base::Result<std::unique_ptr<const TreeExplainer>> TreeExplainer::Build(
    const model::TreeEnsemble& ensemble) {
  GC_RETURN_IF_ERROR(ensemble.Validate());
  std::size_t nodes = 0;
  for (const Tree& tree : ensemble.trees) nodes += tree.nodes.size();
  if (nodes > kMostNodes) {
    return base::Unimplemented(
        fmt::format("it has {} nodes, explanations are made of {} at most", nodes, kMostNodes));
  }
  for (std::size_t i = 0; i < ensemble.trees.size(); ++i) {
    if (const std::optional<std::string> why = WhyNot(ensemble.trees[i])) {
      return base::Unimplemented(fmt::format("tree {}: {}", i, *why));
    }
  }
  return std::unique_ptr<const TreeExplainer>(new TreeExplainer(ensemble));
}

TreeExplainer::TreeExplainer(const model::TreeEnsemble& ensemble)
    : features_(static_cast<std::size_t>(ensemble.features)),
      base_values_(static_cast<std::size_t>(ensemble.outputs), 0),
      divisors_(static_cast<std::size_t>(ensemble.outputs), 1),
      trees_(ensemble.trees) {
  if (ensemble.average) {
    std::vector<double> counts(divisors_.size(), 0);
    for (const Tree& tree : trees_) ++counts[static_cast<std::size_t>(tree.output)];
    for (std::size_t i = 0; i < counts.size(); ++i) divisors_[i] = std::max(counts[i], 1.0);
  }
  for (const Tree& tree : trees_) {
    const TreeMeasures measures = Measure(tree);
    depth_ = std::max(depth_, measures.depth);
    const auto output = static_cast<std::size_t>(tree.output);
    base_values_[output] += measures.mean / divisors_[output];
  }
  for (std::size_t i = 0; i < base_values_.size(); ++i) base_values_[i] += ensemble.base_scores[i];
}

void TreeExplainer::Explain(std::span<const float> row, std::size_t output,
                            std::span<double> contributions) const {
  GC_CHECK(row.size() == features_ && contributions.size() == features_, "one a feature");
  GC_CHECK(output < outputs(), "the output is one of the ensemble's");
  std::ranges::fill(contributions, 0);
  // A way has no more features than there are, beside the step that begins it; each node of a path
  // has its own copy.
  const std::size_t longest = std::min(depth_, features_) + 1;
  std::vector<Step> space((depth_ + 1) * (longest + 1));
  Walk walk(row, contributions, space);
  for (const Tree& tree : trees_) {
    if (static_cast<std::size_t>(tree.output) == output) walk.Run(tree, 1 / divisors_[output]);
  }
}

}  // namespace geoclimate::inference
