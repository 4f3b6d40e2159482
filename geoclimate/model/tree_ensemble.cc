#include "geoclimate/model/tree_ensemble.h"

#include <cmath>
#include <cstddef>
#include <string_view>

#include <fmt/format.h>

namespace geoclimate::model {
namespace {

base::Error Broken(std::size_t tree, std::size_t node, std::string_view what) {
  return base::InvalidArgument(fmt::format("tree {}, node {}: {}", tree, node, what));
}

bool IsFloat(double value) {
  return static_cast<double>(static_cast<float>(value)) == value;
}

bool IsSet(SplitKind kind) {
  return kind == SplitKind::kInSetLeft || kind == SplitKind::kInSetRight;
}

// One for all trees of an ensemble, so that its room is made once.
class TreeCheck {
 public:
  explicit TreeCheck(const TreeEnsemble& ensemble) : ensemble_(ensemble) {}

  base::Result<void> Run(std::size_t index) {
    const Tree& tree = ensemble_.trees[index];
    if (tree.nodes.empty()) {
      return base::InvalidArgument(fmt::format("tree {} has no nodes", index));
    }
    if (tree.output < 0 || tree.output >= ensemble_.outputs) {
      return base::InvalidArgument(fmt::format("tree {} adds to output {}, there are {}", index,
                                               tree.output, ensemble_.outputs));
    }
    // A walk from the root, level by level, that meets each node at most once.
    met_.assign(tree.nodes.size(), 0);
    met_[0] = 1;
    walk_.assign(1, 0);
    std::size_t level_end = 1;
    int depth = 0;
    for (std::size_t at = 0; at < walk_.size(); ++at) {
      if (at == level_end) {
        level_end = walk_.size();
        if (++depth > kMaxDepth) return Broken(index, walk_[at], "is more than 1000 splits deep");
      }
      const TreeNode& node = tree.nodes[walk_[at]];
      GC_RETURN_IF_ERROR(CheckNode(tree, index, walk_[at]));
      if (node.feature < 0) continue;
      for (const std::int32_t child : {node.left, node.right}) {
        const auto child_node = static_cast<std::size_t>(child);
        if (met_[child_node] != 0) return Broken(index, child_node, "is reached twice");
        met_[child_node] = 1;
        walk_.push_back(child_node);
      }
    }
    return {};
  }

 private:
  base::Result<void> CheckNode(const Tree& tree, std::size_t index, std::size_t at) const {
    const TreeNode& node = tree.nodes[at];
    if (node.feature < 0) {
      if (!std::isfinite(node.value)) return Broken(index, at, "its leaf value is not finite");
      if (ensemble_.float_thresholds && !IsFloat(node.value)) {
        return Broken(index, at, "its leaf value is not a float");
      }
      return {};
    }
    if (node.feature >= ensemble_.features) {
      return Broken(
          index, at,
          fmt::format("splits on feature {}, there are {}", node.feature, ensemble_.features));
    }
    const auto nodes = static_cast<std::int64_t>(tree.nodes.size());
    for (const std::int32_t child : {node.left, node.right}) {
      if (child < 0 || child >= nodes) {
        return Broken(index, at, fmt::format("has the child {} of {} nodes", child, nodes));
      }
    }
    if (IsSet(node.kind)) {
      const std::size_t words = tree.category_words.size();
      if (node.category_offset > words ||
          node.category_words_count > words - node.category_offset) {
        return Broken(index, at, "its set of categories lies outside the tree's");
      }
      return {};
    }
    if (std::isnan(node.threshold)) return Broken(index, at, "its threshold is not a number");
    if (ensemble_.float_thresholds && !IsFloat(node.threshold)) {
      return Broken(index, at, "its threshold is not a float");
    }
    return {};
  }

  const TreeEnsemble& ensemble_;
  std::vector<std::uint8_t> met_;
  std::vector<std::size_t> walk_;
};

}  // namespace

base::Result<void> TreeEnsemble::Validate() const {
  if (features < 0) return base::InvalidArgument(fmt::format("{} features", features));
  if (outputs < 1) return base::InvalidArgument(fmt::format("{} outputs", outputs));
  if (feature_names.size() != static_cast<std::size_t>(features)) {
    return base::InvalidArgument(
        fmt::format("{} feature names for {} features", feature_names.size(), features));
  }
  if (base_scores.size() != static_cast<std::size_t>(outputs)) {
    return base::InvalidArgument(
        fmt::format("{} base scores for {} outputs", base_scores.size(), outputs));
  }
  for (const double score : base_scores) {
    if (!std::isfinite(score)) return base::InvalidArgument("a base score is not finite");
  }
  if (!std::isfinite(link_scale)) return base::InvalidArgument("the link's scale is not finite");
  TreeCheck check(*this);
  for (std::size_t tree = 0; tree < trees.size(); ++tree) {
    GC_RETURN_IF_ERROR(check.Run(tree));
  }
  return {};
}

}  // namespace geoclimate::model
