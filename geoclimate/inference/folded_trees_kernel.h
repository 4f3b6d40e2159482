#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace geoclimate::inference {

// Seven splits of a tree, of three levels: the first, its two children, their four. Of a row each
// split picks the left or the right of what two below it gave, the lowest four of the eight exits.
// What is passed on is the place of a leaf among the values of the tree: a byte a row, so that one
// instruction does it for as many rows as a vector has bytes. A split that the tree lacks goes
// left.
struct FoldSplits {
  std::array<std::uint32_t, 7> thresholds = {};  // four times the byte of a CodedSplit
  std::array<std::uint16_t, 7> offsets = {};     // of its column in a block of codes
};

// All exits are leaves: exit i has the place `first` + i.
struct LeafFold {
  FoldSplits splits;
  std::uint32_t first = 0;  // four times the byte
};

// Exits lead to slots: of a leaf's place, or of what an earlier fold gave.
struct InnerFold {
  FoldSplits splits;
  std::array<std::uint16_t, 8> exits = {};  // the slots' offsets
};

// A slot holds a byte a row of a block. The first kPlaces hold their own number throughout; after
// them comes one a fold of the tree, in order.
inline constexpr std::size_t kPlaces = 256;

// Kernels read values in groups of so many.
inline constexpr std::size_t kValueGroup = 64;

// One tree: its leaf folds, then its inner ones from the lowest to the root.
struct FoldedTree {
  std::uint32_t first_leaf_fold = 0;
  std::uint32_t leaf_folds = 0;
  std::uint32_t first_inner_fold = 0;
  std::uint32_t inner_folds = 0;
  std::uint32_t first_value = 0;
  std::uint32_t values = 0;  // places in use
  std::int32_t output = 0;
};

// The tables of a FoldedTrees. Each tree's values are whole groups.
template <typename Value>
struct FoldTables {
  const FoldedTree* trees = nullptr;
  const LeafFold* leaf_folds = nullptr;
  const InnerFold* inner_folds = nullptr;
  const Value* values = nullptr;
};

// With the widest vector instructions of this machine, for the first `rows` rows of a block, 1 to
// 64 (of the others there may be results too, of no meaning):

// Adds the values of the leaves of trees `first` to `last` (excluded), one tree after the other, to
// the sums, a block of them an output.
void AddFolded(const FoldTables<float>& tables, std::size_t first, std::size_t last,
               std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, float* sums);
void AddFolded(const FoldTables<double>& tables, std::size_t first, std::size_t last,
               std::size_t rows, const std::int8_t* codes, std::uint8_t* slots, double* sums);

// The places that the rows come to in a tree: a byte a row, within `slots`.
const std::uint8_t* FindPlaces(const FoldedTree& tree, const LeafFold* leaf_folds,
                               const InnerFold* inner_folds, std::size_t rows,
                               const std::int8_t* codes, std::uint8_t* slots);

}  // namespace geoclimate::inference
