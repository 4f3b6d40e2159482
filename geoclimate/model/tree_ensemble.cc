#include "geoclimate/model/tree_ensemble.h"

#include <cmath>
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

class TreeCheck {
 public:
  TreeCheck(const TreeEnsemble& ensemble, std::size_t index)
      : ensemble_(ensemble), tree_(ensemble.trees[index]), index_(index) {}

  base::Result<void> Run() {
    if (tree_.nodes.empty()) {
      return base::InvalidArgument(fmt::format("tree {} has no nodes", index_));
    }
    if (tree_.output < 0 || tree_.output >= ensemble_.outputs) {
      return base::InvalidArgument(fmt::format("tree {} adds to output {}, there are {}", index_,
                                               tree_.output, ensemble_.outputs));
    }
    // A walk from the root that meets each node at most once: level by level, so that the depth is
    // the number of levels.
    std::vector<bool> met(tree_.nodes.size(), false);
    std::vector<std::size_t> level = {0};
    met[0] = true;
    for (int depth = 0; !level.empty(); ++depth) {
      if (depth > kMaxDepth) return Broken(index_, level[0], "is more than 1000 splits deep");
      std::vector<std::size_t> next;
      for (const std::size_t node : level) {
        GC_RETURN_IF_ERROR(CheckNode(node));
        if (tree_.nodes[node].feature < 0) continue;
        for (const std::int32_t child : {tree_.nodes[node].left, tree_.nodes[node].right}) {
          const auto at = static_cast<std::size_t>(child);
          if (met[at]) return Broken(index_, at, "is reached twice");
          met[at] = true;
          next.push_back(at);
        }
      }
      level = std::move(next);
    }
    return {};
  }

 private:
  base::Result<void> CheckNode(std::size_t at) const {
    const TreeNode& node = tree_.nodes[at];
    if (node.feature < 0) {
      if (!std::isfinite(node.value)) return Broken(index_, at, "its leaf value is not finite");
      if (ensemble_.float_thresholds && !IsFloat(node.value)) {
        return Broken(index_, at, "its leaf value is not a float");
      }
      return {};
    }
    if (node.feature >= ensemble_.features) {
      return Broken(
          index_, at,
          fmt::format("splits on feature {}, there are {}", node.feature, ensemble_.features));
    }
    const auto nodes = static_cast<std::int64_t>(tree_.nodes.size());
    for (const std::int32_t child : {node.left, node.right}) {
      if (child < 0 || child >= nodes) {
        return Broken(index_, at, fmt::format("has the child {} of {} nodes", child, nodes));
      }
    }
    if (IsSet(node.kind)) {
      const std::size_t words = tree_.category_words.size();
      if (node.category_offset > words ||
          node.category_words_count > words - node.category_offset) {
        return Broken(index_, at, "its set of categories lies outside the tree's");
      }
      return {};
    }
    if (std::isnan(node.threshold)) return Broken(index_, at, "its threshold is not a number");
    if (ensemble_.float_thresholds && !IsFloat(node.threshold)) {
      return Broken(index_, at, "its threshold is not a float");
    }
    return {};
  }

  const TreeEnsemble& ensemble_;
  const Tree& tree_;
  const std::size_t index_;
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
  for (std::size_t tree = 0; tree < trees.size(); ++tree) {
    GC_RETURN_IF_ERROR(TreeCheck(*this, tree).Run());
  }
  return {};
}

}  // namespace geoclimate::model
