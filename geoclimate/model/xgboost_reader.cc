#include "geoclimate/model/xgboost_reader.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/model/xgboost_document.h"
#include "geoclimate/model/xgboost_objective.h"

namespace geoclimate::model {
namespace {

using Document = XgboostDocument;

constexpr std::int64_t kMostFeatures = 1 << 17;
constexpr std::int64_t kMostOutputs = 1 << 16;
// XGBoost's categories are floats that hold an integer (src/common/categorical.h).
constexpr double kMostCategories = 1 << 24;
// Of all trees: 16 MiB of bitsets. A few bytes of a hostile file can ask for 2 MiB of them.
constexpr std::size_t kMostCategoryWords = 1 << 22;

base::Result<std::int64_t> InRange(const Document& parent, std::string_view name,
                                   std::int64_t least, std::int64_t most) {
  GC_ASSIGN_OR_RETURN(const std::int64_t value, parent.IntegerAt(name));
  if (value < least || value > most) {
    return base::InvalidArgument(
        fmt::format("field '{}': {} is not within {} to {}", name, value, least, most));
  }
  return value;
}

// The columns of a tree, all of them one entry a node.
struct Columns {
  const Document::Numbers& left;
  const Document::Numbers& right;
  const Document::Numbers& feature;
  const Document::Numbers& condition;
  const Document::Numbers& default_left;
  const Document::Numbers* split_type;  // null before XGBoost 1.3
  const Document::Numbers* cover;       // null in files that others made
};

base::Result<Columns> ReadColumns(const Document& tree) {
  GC_ASSIGN_OR_RETURN(const auto* const left, tree.NumbersAt("left_children"));
  GC_ASSIGN_OR_RETURN(const auto* const right, tree.NumbersAt("right_children"));
  GC_ASSIGN_OR_RETURN(const auto* const feature, tree.NumbersAt("split_indices"));
  GC_ASSIGN_OR_RETURN(const auto* const condition, tree.NumbersAt("split_conditions"));
  GC_ASSIGN_OR_RETURN(const auto* const default_left, tree.NumbersAt("default_left"));
  const auto optional = [&tree](std::string_view name) {
    const Document* column = tree.Find(name);
    return column == nullptr ? nullptr : column->AsNumbers();
  };
  const Columns columns = {*left,
                           *right,
                           *feature,
                           *condition,
                           *default_left,
                           optional("split_type"),
                           optional("sum_hessian")};
  for (const auto* column :
       {right, feature, condition, default_left, columns.split_type, columns.cover}) {
    if (column != nullptr && column->size() != left->size()) {
      return base::InvalidArgument("its arrays differ in length");
    }
  }
  if (left->empty()) return base::InvalidArgument("it has no nodes");
  return columns;
}

// The categories of a node: a run of the tree's array "categories".
class CategorySets {
 public:
  static base::Result<CategorySets> Read(const Document& tree) {
    CategorySets sets;
    if (tree.Find("categories_nodes") == nullptr) return sets;
    GC_ASSIGN_OR_RETURN(sets.categories_, tree.NumbersAt("categories"));
    GC_ASSIGN_OR_RETURN(sets.nodes_, tree.NumbersAt("categories_nodes"));
    GC_ASSIGN_OR_RETURN(sets.starts_, tree.NumbersAt("categories_segments"));
    GC_ASSIGN_OR_RETURN(sets.sizes_, tree.NumbersAt("categories_sizes"));
    const std::size_t count = sets.nodes_->size();
    if (sets.starts_->size() != count || sets.sizes_->size() != count) {
      return base::InvalidArgument("its arrays of categories differ in length");
    }
    if (!std::ranges::is_sorted(*sets.nodes_)) {
      return base::InvalidArgument("its categories_nodes do not ascend");
    }
    return sets;
  }

  base::Result<void> Append(std::size_t file_node, std::size_t& words_left, TreeNode& node,
                            Tree& tree) const {
    GC_ASSIGN_OR_RETURN(const std::span<const double> categories, Find(file_node));
    double largest = 0;
    for (const double category : categories) {
      if (!(category >= 0 && category < kMostCategories)) {
        return base::InvalidArgument(fmt::format("has the category {}", category));
      }
      largest = std::max(largest, category);
    }
    const auto words = static_cast<std::size_t>(largest) / 32 + 1;
    if (words > words_left) return base::InvalidArgument("there are too many categories");
    words_left -= words;
    node.category_offset = static_cast<std::uint32_t>(tree.category_words.size());
    node.category_words_count = static_cast<std::uint32_t>(words);
    tree.category_words.resize(tree.category_words.size() + words);
    for (const double category : categories) {
      const auto bit = static_cast<std::uint32_t>(category);
      tree.category_words[node.category_offset + bit / 32] |= std::uint32_t{1} << (bit % 32);
    }
    return {};
  }

 private:
  base::Result<std::span<const double>> Find(std::size_t file_node) const {
    if (nodes_ == nullptr) return base::InvalidArgument("the tree has no categories");
    const auto found = std::ranges::lower_bound(*nodes_, static_cast<double>(file_node));
    if (found == nodes_->end() || *found != static_cast<double>(file_node)) {
      return base::InvalidArgument("has no set of categories");
    }
    const auto at = static_cast<std::size_t>(found - nodes_->begin());
    const double start = (*starts_)[at];
    const double size = (*sizes_)[at];
    const auto all = static_cast<double>(categories_->size());
    if (!(start >= 0 && size >= 0 && start + size <= all)) {
      return base::InvalidArgument("its set of categories lies outside the tree's");
    }
    return std::span<const double>(*categories_)
        .subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(size));
  }

  const Document::Numbers* categories_ = nullptr;
  const Document::Numbers* nodes_ = nullptr;
  const Document::Numbers* starts_ = nullptr;
  const Document::Numbers* sizes_ = nullptr;
};

// Copies the nodes that can be reached from the root, level by level with siblings side by side:
// pruned nodes stay behind.
class TreeCopier {
 public:
  TreeCopier(const Columns& columns, const CategorySets& sets, std::size_t& words_left)
      : columns_(columns), sets_(sets), words_left_(words_left) {}

  base::Result<void> Run(Tree& tree) {
    std::vector<std::size_t> file_nodes = {0};  // of each node of `tree`
    std::vector<bool> met(columns_.left.size(), false);
    met[0] = true;
    for (std::size_t at = 0; at < file_nodes.size(); ++at) {
      const std::size_t file_node = file_nodes[at];
      TreeNode node;
      const base::Result<void> read = Read(file_node, node, tree);
      if (!read.ok()) return read.error().WithContext(fmt::format("node {}", file_node));
      if (node.feature >= 0) {
        node.left = static_cast<std::int32_t>(file_nodes.size());
        node.right = node.left + 1;
        for (const double child : {columns_.left[file_node], columns_.right[file_node]}) {
          GC_ASSIGN_OR_RETURN(const std::size_t child_node, Child(file_node, child));
          if (met[child_node]) {
            return base::InvalidArgument(fmt::format("node {}: is reached twice", child_node));
          }
          met[child_node] = true;
          file_nodes.push_back(child_node);
        }
      }
      tree.nodes.push_back(node);
    }
    return {};
  }

 private:
  base::Result<std::size_t> Child(std::size_t file_node, double child) const {
    if (child >= 0 && child < static_cast<double>(columns_.left.size()) &&
        child == std::trunc(child)) {
      return static_cast<std::size_t>(child);
    }
    return base::InvalidArgument(fmt::format("node {}: has the child {} of {} nodes", file_node,
                                             child, columns_.left.size()));
  }

  base::Result<void> Read(std::size_t file_node, TreeNode& node, Tree& tree) {
    // Rounded to float, so that a JSON text with more digits than XGBoost writes means what XGBoost
    // reads.
    const double condition = double{static_cast<float>(columns_.condition[file_node])};
    if (columns_.cover != nullptr) {
      node.cover = static_cast<float>((*columns_.cover)[file_node]);
    }
    if (columns_.left[file_node] == -1) {
      node.value = condition;
      return {};
    }
    const double feature = columns_.feature[file_node];
    if (!(feature >= 0 && feature < static_cast<double>(kMostFeatures)) ||
        feature != std::trunc(feature)) {
      return base::InvalidArgument(fmt::format("splits on feature {}", feature));
    }
    node.feature = static_cast<std::int32_t>(feature);
    node.default_left = columns_.default_left[file_node] != 0;
    if (columns_.split_type != nullptr && (*columns_.split_type)[file_node] == 1) {
      node.kind = SplitKind::kInSetRight;
      return sets_.Append(file_node, words_left_, node, tree);
    }
    node.threshold = condition;
    return {};
  }

  const Columns& columns_;
  const CategorySets& sets_;
  std::size_t& words_left_;
};

base::Result<Tree> ReadTree(const Document& document, std::size_t& words_left) {
  if (const Document* param = document.Find("tree_param");
      param != nullptr && param->Find("size_leaf_vector") != nullptr) {
    GC_ASSIGN_OR_RETURN(const std::int64_t leaf_size, param->IntegerAt("size_leaf_vector"));
    if (leaf_size > 1) {
      return base::Unimplemented(
          fmt::format("its leaves are vectors of {} (multi_strategy=multi_output_tree); train with "
                      "multi_strategy=one_output_per_tree",
                      leaf_size));
    }
  }
  GC_ASSIGN_OR_RETURN(const Columns columns, ReadColumns(document));
  GC_ASSIGN_OR_RETURN(const CategorySets sets, CategorySets::Read(document));
  Tree tree;
  GC_RETURN_IF_ERROR(TreeCopier(columns, sets, words_left).Run(tree));
  return tree;
}

base::Result<void> ReadTrees(const Document& model, TreeEnsemble& ensemble) {
  const Document* trees = model.Find("trees");
  // No trees at all is an empty array, which has no kind of its own.
  const bool none =
      trees != nullptr && trees->AsNumbers() != nullptr && trees->AsNumbers()->empty();
  if (trees == nullptr || (trees->AsList() == nullptr && !none)) {
    return base::InvalidArgument("field 'trees' is missing or not an array of objects");
  }
  if (none) return {};
  GC_ASSIGN_OR_RETURN(const Document::Numbers* const outputs, model.NumbersAt("tree_info"));
  if (outputs->size() != trees->AsList()->size()) {
    return base::InvalidArgument(fmt::format("tree_info is of {} trees, there are {}",
                                             outputs->size(), trees->AsList()->size()));
  }
  std::size_t words_left = kMostCategoryWords;
  ensemble.trees.reserve(outputs->size());
  for (std::size_t i = 0; i < outputs->size(); ++i) {
    base::Result<Tree> tree = ReadTree((*trees->AsList())[i], words_left);
    if (!tree.ok()) return tree.error().WithContext(fmt::format("tree {}", i));
    const double output = (*outputs)[i];
    if (!(output >= 0 && output < ensemble.outputs)) {
      return base::InvalidArgument(
          fmt::format("tree {} adds to output {}, there are {}", i, output, ensemble.outputs));
    }
    tree->output = static_cast<std::int32_t>(output);
    ensemble.trees.push_back(*std::move(tree));
  }
  return {};
}

// DART's weight of a tree, multiplied into its leaves in float as XGBoost does when it predicts.
base::Result<void> ApplyDropWeights(const Document& booster, TreeEnsemble& ensemble) {
  GC_ASSIGN_OR_RETURN(const Document::Numbers* const weights, booster.NumbersAt("weight_drop"));
  if (weights->size() != ensemble.trees.size()) {
    return base::InvalidArgument(fmt::format("weight_drop is of {} trees, there are {}",
                                             weights->size(), ensemble.trees.size()));
  }
  for (std::size_t i = 0; i < weights->size(); ++i) {
    const auto weight = static_cast<float>((*weights)[i]);
    for (TreeNode& node : ensemble.trees[i].nodes) {
      if (node.feature < 0) node.value = double{weight * static_cast<float>(node.value)};
    }
  }
  return {};
}

base::Result<void> ReadBooster(const Document& learner, TreeEnsemble& ensemble) {
  GC_ASSIGN_OR_RETURN(const Document* const booster, learner.ObjectAt("gradient_booster"));
  GC_ASSIGN_OR_RETURN(const std::string_view name, booster->StringAt("name"));
  if (name == "gbtree") {
    GC_ASSIGN_OR_RETURN(const Document* const model, booster->ObjectAt("model"));
    return ReadTrees(*model, ensemble);
  }
  if (name == "dart") {
    GC_ASSIGN_OR_RETURN(const Document* const inner, booster->ObjectAt("gbtree"));
    GC_ASSIGN_OR_RETURN(const Document* const model, inner->ObjectAt("model"));
    GC_RETURN_IF_ERROR(ReadTrees(*model, ensemble));
    return ApplyDropWeights(*booster, ensemble);
  }
  return base::Unimplemented(
      fmt::format("the booster '{}' is not made of trees; gbtree and dart are served", name));
}

base::Result<void> ReadFeatureNames(const Document& learner, TreeEnsemble& ensemble) {
  const auto features = static_cast<std::size_t>(ensemble.features);
  if (const Document* names = learner.Find("feature_names");
      names != nullptr && names->AsList() != nullptr) {
    for (const Document& name : *names->AsList()) {
      if (name.AsString() == nullptr) {
        return base::InvalidArgument("field 'feature_names': a name is not a string");
      }
      ensemble.feature_names.push_back(*name.AsString());
    }
    if (ensemble.feature_names.size() == features) return {};
    return base::InvalidArgument(fmt::format("{} feature_names for num_feature {}",
                                             ensemble.feature_names.size(), features));
  }
  for (std::size_t i = 0; i < features; ++i)
    ensemble.feature_names.push_back(fmt::format("f{}", i));
  return {};
}

// "5E-1" up to XGBoost 3.0, "[5E-1]" or "[5E-1,2E-1]" with one an output since.
base::Result<std::vector<float>> ParseBaseScore(std::string_view text) {
  const base::Error broken = base::InvalidArgument(
      fmt::format("field 'base_score': '{}' is not a number", text.substr(0, 80)));
  std::string_view rest = text;
  if (rest.starts_with('[')) {
    if (!rest.ends_with(']')) return broken;
    rest = rest.substr(1, rest.size() - 2);
  }
  std::vector<float> scores;
  while (true) {
    float score = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), score);
    if (error != std::errc()) return broken;
    scores.push_back(score);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (rest.empty()) return scores;
    if (rest.front() != ',') return broken;
    rest.remove_prefix(1);
  }
}

base::Result<void> ReadBaseScores(const Document& param, const XgboostObjective& objective,
                                  TreeEnsemble& ensemble) {
  GC_ASSIGN_OR_RETURN(const std::string_view text, param.StringAt("base_score"));
  GC_ASSIGN_OR_RETURN(const std::vector<float> scores, ParseBaseScore(text));
  const auto outputs = static_cast<std::size_t>(ensemble.outputs);
  if (scores.size() != 1 && scores.size() != outputs) {
    return base::InvalidArgument(
        fmt::format("field 'base_score': {} values for {} outputs", scores.size(), outputs));
  }
  for (std::size_t i = 0; i < outputs; ++i) {
    const float margin = BaseMargin(objective, scores[scores.size() == 1 ? 0 : i]);
    if (!std::isfinite(margin)) {
      return base::InvalidArgument(
          fmt::format("field 'base_score': {} is out of range for {}", text, ensemble.objective));
    }
    ensemble.base_scores.push_back(double{margin});
  }
  return {};
}

std::string Source(const Document& document) {
  const Document* version = document.Find("version");
  if (version == nullptr || version->AsNumbers() == nullptr) return "xgboost";
  return fmt::format("xgboost {}", fmt::join(*version->AsNumbers(), "."));
}

}  // namespace

base::Result<TreeEnsemble> ReadXgboost(std::string_view bytes) {
  GC_ASSIGN_OR_RETURN(const Document document, ParseXgboostDocument(bytes));
  GC_ASSIGN_OR_RETURN(const Document* const learner, document.ObjectAt("learner"));
  GC_ASSIGN_OR_RETURN(const Document* const param, learner->ObjectAt("learner_model_param"));
  GC_ASSIGN_OR_RETURN(const Document* const objective_object, learner->ObjectAt("objective"));
  GC_ASSIGN_OR_RETURN(const std::string_view objective_name, objective_object->StringAt("name"));
  const std::optional<XgboostObjective> objective = FindXgboostObjective(objective_name);
  if (!objective.has_value()) {
    return base::Unimplemented(fmt::format("the objective '{}' is unknown", objective_name));
  }

  TreeEnsemble ensemble;
  ensemble.source = Source(document);
  ensemble.objective = objective_name;
  ensemble.link = objective->link;
  GC_ASSIGN_OR_RETURN(const std::int64_t features,
                      InRange(*param, "num_feature", 0, kMostFeatures));
  GC_ASSIGN_OR_RETURN(const std::int64_t classes, InRange(*param, "num_class", 0, kMostOutputs));
  std::int64_t targets = 1;
  if (param->Find("num_target") != nullptr) {
    GC_ASSIGN_OR_RETURN(targets, InRange(*param, "num_target", 0, kMostOutputs));
  }
  ensemble.features = static_cast<std::int32_t>(features);
  ensemble.outputs = static_cast<std::int32_t>(std::max({classes, targets, std::int64_t{1}}));
  GC_RETURN_IF_ERROR(ReadFeatureNames(*learner, ensemble));
  GC_RETURN_IF_ERROR(ReadBaseScores(*param, *objective, ensemble));
  GC_RETURN_IF_ERROR(ReadBooster(*learner, ensemble));
  GC_RETURN_IF_ERROR(ensemble.Validate());
  return ensemble;
}

}  // namespace geoclimate::model
