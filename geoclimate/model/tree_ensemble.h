#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

enum class SplitKind : std::uint8_t {
  kLess,         // left when value <  threshold (XGBoost)
  kLessOrEqual,  // left when value <= threshold (LightGBM)
  // The value, truncated to an integer, is looked up in the node's set; values beyond the set are
  // not in it.
  kInSetLeft,   // left when it is in the set (LightGBM); -0.5 truncates to 0
  kInSetRight,  // right when it is in the set (XGBoost); values below 0 are in no set
};

// What makes the answer of a row's margins m (base score plus sum of leaves, one an output); s is
// link_scale.
enum class Link : std::uint8_t {
  kIdentity,
  kLogistic,      // 1 / (1 + exp(-s m)), each
  kSoftmax,       // over all outputs
  kExponential,   // exp(m), each
  kArgmax,        // one answer: the index of the largest (multi:softmax)
  kStep,          // m > 0 ? 1 : 0, each (binary:hinge)
  kSignedSquare,  // sign(m) m^2, each (LightGBM's reg_sqrt)
  kSoftplus,      // log(1 + exp(m)), each (LightGBM's cross_entropy_lambda)
};

struct TreeNode {
  std::int32_t feature = -1;  // -1: a leaf
  SplitKind kind = SplitKind::kLess;
  bool default_left = false;  // where a missing value goes
  // LightGBM's missing types: kNone treats NaN as 0, kZero treats 0 and NaN as missing, kNan treats
  // NaN as missing.
  enum class Missing : std::uint8_t { kNan, kNone, kZero } missing = Missing::kNan;
  std::int32_t left = -1;  // indexes into Tree::nodes
  std::int32_t right = -1;
  double threshold = 0;  // XGBoost's is a float; compared as float when all of the ensemble's are
  double value = 0;      // of a leaf
  // How much of the training rows came by: the sum of their hessians (XGBoost) or their number
  // (LightGBM). 0 where the file does not say; only explanations want it.
  float cover = 0;
  std::uint32_t category_offset =
      0;  // into Tree::category_words: a bitset of category_words_count words
  std::uint32_t category_words_count = 0;
};

struct Tree {
  std::vector<TreeNode> nodes;  // nodes[0] is the root
  std::vector<std::uint32_t> category_words;
  std::int32_t output = 0;  // to which output its leaves are added
};

// Longer paths from root to leaf are refused: no trainer grows them on real data, and an engine's
// time for one row is bounded by it.
inline constexpr int kMaxDepth = 1000;

// A boosted ensemble, whoever trained it: what readers produce and engines are built from. A value.
struct TreeEnsemble {
  std::vector<std::string> feature_names;  // as the file names them, or "f0", "f1", ...
  std::int32_t features = 0;
  std::int32_t outputs = 1;  // margins a row
  std::vector<Tree> trees;
  std::vector<double> base_scores;  // one an output, in margin space; added to the sum of leaves
  Link link = Link::kIdentity;
  double link_scale = 1;
  bool average =
      false;  // LightGBM's random forests divide the sum by the number of trees per output
  bool float_thresholds =
      true;            // compare and sum as XGBoost does (float); false: as LightGBM does (double)
  std::string source;  // "xgboost 3.2.0", "lightgbm v4"
  std::string objective;  // "reg:squarederror"

  // Answers a row: 1 for kArgmax, else `outputs`.
  std::int32_t answers() const { return link == Link::kArgmax ? 1 : outputs; }

  // What every reader checks before it returns and every engine relies on. kInvalidArgument, naming
  // the tree and node, when an index is out of range, a node can be reached twice (a cycle, or a
  // node with two parents), a path is longer than kMaxDepth splits, a number is not finite where it
  // must be, or is not a float where float_thresholds says so. Nodes that cannot be reached are
  // allowed.
  base::Result<void> Validate() const;
};

}  // namespace geoclimate::model
