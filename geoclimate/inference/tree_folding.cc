#include "geoclimate/inference/tree_folding.h"

#include <algorithm>
#include <array>

namespace geoclimate::inference {
namespace {

constexpr std::size_t kFoldLevels = 3;
constexpr std::int8_t kGoesLeft = 127;

std::uint32_t FourTimes(std::uint8_t byte) {
  return std::uint32_t{byte} * 0x0101'0101U;
}

// An exit of a fold: a place, or the root of another fold.
struct Exit {
  bool place = true;
  std::size_t at = 0;  // the place, or the number of the fold among those of its kind
  bool inner = false;  // which kind
};

class Folder {
 public:
  Folder(const model::Tree& tree, const RowCodes& codes, std::size_t levels)
      : tree_(tree), codes_(codes), levels_(levels) {}

  std::optional<Folding> Fold() {
    if (!FindSplits()) return std::nullopt;
    CountFolds();
    AddFold(0);
    if (folding_.nodes.size() > kPlaces) return std::nullopt;
    LinkExits();
    return std::move(folding_);
  }

 private:
  // The fewest folds that hold the splits of a subtree...
  struct Folds {
    bool split = false;         // its root is a split of the levels: else there are none
    std::uint32_t as_root = 0;  // ... when its root begins one
    // ... when it lies in a fold that has so many levels left
    std::array<std::uint32_t, kFoldLevels> inside = {};
  };

  const model::TreeNode& Node(std::size_t at) const { return tree_.nodes[at]; }
  static std::size_t Index(std::int32_t node) { return static_cast<std::size_t>(node); }

  // Lists the splits of the levels, parents first. False when they have no folding.
  bool FindSplits() {
    folds_.assign(tree_.nodes.size(), {});
    std::vector<std::size_t> nodes = {0};
    for (std::size_t level = 0; level < levels_ && !nodes.empty(); ++level) {
      std::vector<std::size_t> below;
      for (const std::size_t at : nodes) {
        const model::TreeNode& node = Node(at);
        if (node.feature < 0) continue;
        if (node.kind != model::SplitKind::kLess && node.kind != model::SplitKind::kLessOrEqual) {
          return false;
        }
        if (splits_.size() == kPlaces) return false;
        splits_.push_back(at);
        folds_[at].split = true;
        below.push_back(Index(node.left));
        below.push_back(Index(node.right));
      }
      nodes = std::move(below);
    }
    return true;
  }

  void CountFolds() {
    for (std::size_t i = splits_.size(); i-- > 0;) {
      Folds& folds = folds_[splits_[i]];
      const Folds& left = folds_[Index(Node(splits_[i]).left)];
      const Folds& right = folds_[Index(Node(splits_[i]).right)];
      folds.as_root = 1 + left.inside[kFoldLevels - 1] + right.inside[kFoldLevels - 1];
      folds.inside[0] = folds.as_root;
      for (std::size_t levels = 1; levels < kFoldLevels; ++levels) {
        folds.inside[levels] =
            std::min(folds.as_root, left.inside[levels - 1] + right.inside[levels - 1]);
      }
    }
  }

  // Adds the folds of the subtree, the lower ones first.
  Exit AddFold(std::size_t root) {
    FoldSplits splits;
    splits.thresholds.fill(FourTimes(static_cast<std::uint8_t>(kGoesLeft)));
    std::array<std::size_t, 8> nodes = {};  // of the exits
    PlaceSplits(root, 0, kFoldLevels, splits, nodes);
    const bool leaves =
        std::ranges::none_of(nodes, [&](std::size_t at) { return folds_[at].split; });
    if (leaves) {
      folding_.leaf_folds.push_back(
          {splits, FourTimes(static_cast<std::uint8_t>(folding_.nodes.size()))});
      for (const std::size_t at : nodes) folding_.nodes.push_back(static_cast<std::uint32_t>(at));
      return {false, folding_.leaf_folds.size() - 1, false};
    }
    std::array<Exit, 8> exits;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const bool repeated = i > 0 && nodes[i] == nodes[i - 1];
      exits[i] = repeated ? exits[i - 1] : AddExit(nodes[i]);
    }
    folding_.inner_folds.push_back({splits, {}});
    exits_.push_back(exits);
    return {false, folding_.inner_folds.size() - 1, true};
  }

  Exit AddExit(std::size_t node) {
    if (folds_[node].split) return AddFold(node);
    folding_.nodes.push_back(static_cast<std::uint32_t>(node));
    return {true, folding_.nodes.size() - 1, false};
  }

  // Puts what of the subtree falls into this fold at `place` and below, as a heap is numbered.
  void PlaceSplits(std::size_t at, std::size_t place, std::size_t levels, FoldSplits& splits,
                   std::array<std::size_t, 8>& exits) const {
    const model::TreeNode& node = Node(at);
    if (!folds_[at].split || (place != 0 && BeginsFold(at, levels))) {
      const std::size_t first = ((place + 1) << levels) - 8;
      std::fill_n(exits.begin() + static_cast<std::ptrdiff_t>(first), std::size_t{1} << levels, at);
      return;
    }
    const CodedSplit split = codes_.Code(Index(node.feature), PackSplit(node));
    splits.thresholds[place] = FourTimes(static_cast<std::uint8_t>(split.threshold));
    splits.offsets[place] = static_cast<std::uint16_t>(split.column * RowCodes::kBlockRows);
    PlaceSplits(Index(node.left), 2 * place + 1, levels - 1, splits, exits);
    PlaceSplits(Index(node.right), 2 * place + 2, levels - 1, splits, exits);
  }

  // Whether a split below another begins a fold of its own: it must, or that takes fewer folds.
  bool BeginsFold(std::size_t at, std::size_t levels) const {
    if (levels == 0) return true;
    const Folds& left = folds_[Index(Node(at).left)];
    const Folds& right = folds_[Index(Node(at).right)];
    return folds_[at].as_root < left.inside[levels - 1] + right.inside[levels - 1];
  }

  void LinkExits() {
    for (std::size_t i = 0; i < exits_.size(); ++i) {
      for (std::size_t exit = 0; exit < exits_[i].size(); ++exit) {
        const Exit& from = exits_[i][exit];
        const std::size_t fold = from.at + (from.inner ? folding_.leaf_folds.size() : 0);
        const std::size_t slot = from.place ? from.at : kPlaces + fold;
        folding_.inner_folds[i].exits[exit] =
            static_cast<std::uint16_t>(slot * RowCodes::kBlockRows);
      }
    }
  }

  const model::Tree& tree_;
  const RowCodes& codes_;
  std::size_t levels_;
  std::vector<Folds> folds_;                // of each node
  std::vector<std::size_t> splits_;         // nodes
  std::vector<std::array<Exit, 8>> exits_;  // of each inner fold
  Folding folding_;
};

}  // namespace

std::optional<Folding> FoldTree(const model::Tree& tree, const RowCodes& codes,
                                std::size_t levels) {
  return Folder(tree, codes, levels).Fold();
}

}  // namespace geoclimate::inference
