#include "geoclimate/model/lightgbm_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace geoclimate::model {
namespace {

constexpr std::int32_t kMostOutputs = 1 << 16;
constexpr std::int32_t kMostFeatures = 1 << 17;
// Bits of decision_type (LightGBM's include/LightGBM/tree.h).
constexpr int kCategoricalBit = 1;
constexpr int kDefaultLeftBit = 2;
constexpr int kMissingShift = 2;

// The lines NAME=VALUE of a section; a line without '=' has an empty value.
class Section {
 public:
  // Takes lines from `text` up to an empty one.
  static Section Take(std::string_view& text) {
    Section section;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) break;
      const std::size_t equals = line.find('=');
      section.fields_.emplace(line.substr(0, equals), equals == std::string_view::npos
                                                          ? std::string_view()
                                                          : line.substr(equals + 1));
    }
    return section;
  }

  bool Has(std::string_view name) const { return fields_.contains(name); }

  base::Result<std::string_view> Text(std::string_view name) const {
    const auto found = fields_.find(name);
    if (found != fields_.end()) return found->second;
    return base::InvalidArgument(fmt::format("field '{}' is missing", name));
  }

  base::Result<std::int32_t> Integer(std::string_view name, std::int32_t least,
                                     std::int32_t most) const {
    GC_ASSIGN_OR_RETURN(const std::vector<std::int32_t> values, Numbers<std::int32_t>(name, 1));
    if (values[0] >= least && values[0] <= most) return values[0];
    return base::InvalidArgument(
        fmt::format("field '{}': {} is not within {} to {}", name, values[0], least, most));
  }

  // `count` numbers with single spaces between them.
  template <typename T>
  base::Result<std::vector<T>> Numbers(std::string_view name, std::size_t count) const {
    GC_ASSIGN_OR_RETURN(std::string_view text, Text(name));
    std::vector<T> values;
    values.reserve(std::min(count, text.size() / 2 + 1));
    while (!text.empty()) {
      T value{};
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const std::size_t used = static_cast<std::size_t>(end - text.data());
      if (error != std::errc() || (used < text.size() && text[used] != ' ')) {
        return base::InvalidArgument(
            fmt::format("field '{}': '{}' is not a number", name, text.substr(0, 40)));
      }
      values.push_back(value);
      text.remove_prefix(std::min(used + 1, text.size()));
    }
    if (values.size() == count) return values;
    return base::InvalidArgument(
        fmt::format("field '{}': {} values, expected {}", name, values.size(), count));
  }

 private:
  std::unordered_map<std::string_view, std::string_view> fields_;
};

struct Objective {
  std::string_view name;
  Link link;
};
// ConvertOutput of the classes in LightGBM's src/objective/.
constexpr std::array kObjectives = {
    Objective{"regression", Link::kIdentity},    Objective{"regression_l1", Link::kIdentity},
    Objective{"huber", Link::kIdentity},         Objective{"fair", Link::kIdentity},
    Objective{"quantile", Link::kIdentity},      Objective{"mape", Link::kIdentity},
    Objective{"lambdarank", Link::kIdentity},    Objective{"rank_xendcg", Link::kIdentity},
    Objective{"custom", Link::kIdentity},        Objective{"poisson", Link::kExponential},
    Objective{"gamma", Link::kExponential},      Objective{"tweedie", Link::kExponential},
    Objective{"binary", Link::kLogistic},        Objective{"multiclassova", Link::kLogistic},
    Objective{"cross_entropy", Link::kLogistic}, Objective{"cross_entropy_lambda", Link::kSoftplus},
    Objective{"multiclass", Link::kSoftmax},
};

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// "binary sigmoid:1", "regression sqrt", "multiclass num_class:3".
base::Result<void> ReadObjective(const Section& header, TreeEnsemble& ensemble) {
  // A model of an objective of its trainer's own has no such line.
  const std::string_view text = header.Has("objective") ? *header.Text("objective") : "custom";
  const std::vector<std::string_view> words = Words(text);
  const auto found = std::ranges::find(kObjectives, words.empty() ? std::string_view() : words[0],
                                       &Objective::name);
  if (found == kObjectives.end()) {
    return base::Unimplemented(fmt::format("the objective '{}' is unknown", text.substr(0, 80)));
  }
  ensemble.objective = found->name;
  ensemble.link = found->link;
  for (std::string_view word : words) {
    if (word == "sqrt") ensemble.link = Link::kSignedSquare;
    if (!word.starts_with("sigmoid:")) continue;
    word.remove_prefix(8);
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), ensemble.link_scale);
    if (error != std::errc() || end != word.data() + word.size()) {
      return base::InvalidArgument(fmt::format("objective: '{}' is not a number", word));
    }
  }
  return {};
}

base::Result<TreeEnsemble> ReadHeader(const Section& header) {
  GC_ASSIGN_OR_RETURN(const std::string_view version, header.Text("version"));
  if (version != "v3" && version != "v4") {
    return base::Unimplemented(
        fmt::format("version '{}' of LightGBM's format; v3 and v4 are read", version));
  }
  TreeEnsemble ensemble;
  ensemble.source = fmt::format("lightgbm {}", version);
  ensemble.float_thresholds = false;
  ensemble.average = header.Has("average_output");
  GC_ASSIGN_OR_RETURN(ensemble.outputs, header.Integer("num_tree_per_iteration", 1, kMostOutputs));
  GC_ASSIGN_OR_RETURN(const std::int32_t last_feature,
                      header.Integer("max_feature_idx", 0, kMostFeatures - 1));
  ensemble.features = last_feature + 1;
  ensemble.base_scores.assign(static_cast<std::size_t>(ensemble.outputs), 0.0);
  GC_ASSIGN_OR_RETURN(const std::string_view names, header.Text("feature_names"));
  for (const std::string_view name : Words(names)) ensemble.feature_names.emplace_back(name);
  GC_RETURN_IF_ERROR(ReadObjective(header, ensemble));
  return ensemble;
}

// The bitsets of a tree's categorical splits: split k has the words bounds[k] to bounds[k + 1] of
// the tree's.
base::Result<std::vector<std::uint32_t>> ReadCategories(const Section& section, std::int32_t sets,
                                                        Tree& tree) {
  const auto count = static_cast<std::size_t>(sets);
  GC_ASSIGN_OR_RETURN(std::vector<std::uint32_t> bounds,
                      section.Numbers<std::uint32_t>("cat_boundaries", count + 1));
  if (bounds[0] != 0 || !std::ranges::is_sorted(bounds)) {
    return base::InvalidArgument("field 'cat_boundaries': it does not ascend from 0");
  }
  GC_ASSIGN_OR_RETURN(tree.category_words,
                      section.Numbers<std::uint32_t>("cat_threshold", bounds.back()));
  return bounds;
}

// LightGBM numbers splits from 0 and leaves by their complement; here leaf k follows the splits.
base::Result<std::int32_t> ChildIndex(std::int32_t child, std::int32_t splits) {
  const std::int32_t leaves = splits + 1;
  if (child < splits && child >= -leaves) return child >= 0 ? child : splits + ~child;
  return base::InvalidArgument(fmt::format("has the child {} of {} leaves", child, leaves));
}

struct SplitColumns {
  std::vector<std::int32_t> feature;
  std::vector<double> threshold;
  std::vector<int> decision;
  std::vector<std::int32_t> left;
  std::vector<std::int32_t> right;
  std::vector<std::uint32_t> bounds;
};

base::Result<SplitColumns> ReadSplits(const Section& section, std::size_t splits, Tree& tree) {
  SplitColumns columns;
  GC_ASSIGN_OR_RETURN(columns.feature, section.Numbers<std::int32_t>("split_feature", splits));
  GC_ASSIGN_OR_RETURN(columns.threshold, section.Numbers<double>("threshold", splits));
  GC_ASSIGN_OR_RETURN(columns.decision, section.Numbers<int>("decision_type", splits));
  GC_ASSIGN_OR_RETURN(columns.left, section.Numbers<std::int32_t>("left_child", splits));
  GC_ASSIGN_OR_RETURN(columns.right, section.Numbers<std::int32_t>("right_child", splits));
  GC_ASSIGN_OR_RETURN(const std::int32_t sets,
                      section.Integer("num_cat", 0, static_cast<std::int32_t>(splits)));
  if (sets > 0) {
    GC_ASSIGN_OR_RETURN(columns.bounds, ReadCategories(section, sets, tree));
  }
  return columns;
}

base::Result<TreeNode> MakeSplit(const SplitColumns& columns, std::size_t at) {
  TreeNode node;
  const int decision = columns.decision[at];
  const int missing = (decision >> kMissingShift) & 3;
  if (decision < 0 || decision > 15 || missing > 2) {
    return base::InvalidArgument(fmt::format("has the decision_type {}", decision));
  }
  if (columns.feature[at] < 0) {
    return base::InvalidArgument(fmt::format("splits on feature {}", columns.feature[at]));
  }
  node.feature = columns.feature[at];
  node.default_left = (decision & kDefaultLeftBit) != 0;
  node.missing = missing == 0   ? TreeNode::Missing::kNone
                 : missing == 1 ? TreeNode::Missing::kZero
                                : TreeNode::Missing::kNan;
  const auto splits = static_cast<std::int32_t>(columns.feature.size());
  GC_ASSIGN_OR_RETURN(node.left, ChildIndex(columns.left[at], splits));
  GC_ASSIGN_OR_RETURN(node.right, ChildIndex(columns.right[at], splits));
  if ((decision & kCategoricalBit) == 0) {
    node.kind = SplitKind::kLessOrEqual;
    node.threshold = columns.threshold[at];
    return node;
  }
  // The threshold is the number of the set. A missing value is in none, whatever the other bits
  // say.
  const double set = columns.threshold[at];
  if (columns.bounds.empty() ||
      !(set >= 0 && set < static_cast<double>(columns.bounds.size() - 1))) {
    return base::InvalidArgument(fmt::format("has the set of categories {}", set));
  }
  const auto first = static_cast<std::size_t>(set);
  node.kind = SplitKind::kInSetLeft;
  node.missing = TreeNode::Missing::kNan;
  node.default_left = false;
  node.category_offset = columns.bounds[first];
  node.category_words_count = columns.bounds[first + 1] - columns.bounds[first];
  return node;
}

// How many rows came by each split and leaf, where the file has it.
base::Result<void> ReadCovers(const Section& section, std::size_t splits, Tree& tree) {
  if (!section.Has("leaf_count") || (splits > 0 && !section.Has("internal_count"))) return {};
  std::vector<double> counts;
  if (splits > 0) {
    GC_ASSIGN_OR_RETURN(counts, section.Numbers<double>("internal_count", splits));
  }
  GC_ASSIGN_OR_RETURN(const std::vector<double> of_leaves,
                      section.Numbers<double>("leaf_count", splits + 1));
  counts.insert(counts.end(), of_leaves.begin(), of_leaves.end());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    tree.nodes[i].cover = static_cast<float>(counts[i]);
  }
  return {};
}

base::Result<Tree> ReadTree(const Section& section) {
  // A leaf takes at least two characters, so that Numbers() refuses a count that the file cannot
  // hold.
  GC_ASSIGN_OR_RETURN(const std::int32_t leaves,
                      section.Integer("num_leaves", 1, std::int32_t{1} << 28));
  if (section.Has("is_linear") && *section.Text("is_linear") != "0") {
    return base::Unimplemented("its leaves are linear (linear_tree=true)");
  }
  Tree tree;
  const auto splits = static_cast<std::size_t>(leaves) - 1;
  GC_ASSIGN_OR_RETURN(const std::vector<double> values,
                      section.Numbers<double>("leaf_value", splits + 1));
  if (splits > 0) {
    GC_ASSIGN_OR_RETURN(const SplitColumns columns, ReadSplits(section, splits, tree));
    for (std::size_t i = 0; i < splits; ++i) {
      base::Result<TreeNode> node = MakeSplit(columns, i);
      if (!node.ok()) return node.error().WithContext(fmt::format("split {}", i));
      tree.nodes.push_back(*node);
    }
  }
  for (const double value : values) tree.nodes.emplace_back().value = value;
  GC_RETURN_IF_ERROR(ReadCovers(section, splits, tree));
  return tree;
}

}  // namespace

base::Result<TreeEnsemble> ReadLightgbm(std::string_view text) {
  if (!text.starts_with("tree")) return base::InvalidArgument("it does not begin with 'tree'");
  const Section header = Section::Take(text);
  GC_ASSIGN_OR_RETURN(TreeEnsemble ensemble, ReadHeader(header));
  bool ended = false;
  while (!text.empty() && !ended) {
    const Section section = Section::Take(text);
    ended = section.Has("end of trees");
    if (!section.Has("Tree")) continue;
    const std::size_t index = ensemble.trees.size();
    base::Result<Tree> tree = ReadTree(section);
    if (!tree.ok()) return tree.error().WithContext(fmt::format("tree {}", index));
    tree->output = static_cast<std::int32_t>(index % static_cast<std::size_t>(ensemble.outputs));
    ensemble.trees.push_back(*std::move(tree));
  }
  if (!ended) return base::InvalidArgument("it ends before 'end of trees'");
  GC_RETURN_IF_ERROR(ensemble.Validate());
  return ensemble;
}

}  // namespace geoclimate::model
