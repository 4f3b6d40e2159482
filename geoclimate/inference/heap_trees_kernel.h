#pragma once

#include <cstddef>
#include <cstdint>

namespace geoclimate::inference {

// Splits of a tree, numbered as a heap is, the root 1 and the children of i 2 i and 2 i + 1: those
// of six levels, after one that nothing reads. Leaves go on from there.
inline constexpr std::size_t kHeapSplits = 64;
inline constexpr std::size_t kHeapLeaves = 64;
inline constexpr int kHeapLevels = 6;
// Of a row: whole registers.
inline constexpr std::size_t kMostHeapColumns = 256;

// `trees` trees, kHeapSplits columns and thresholds and kHeapLeaves values each; `codes` holds one
// row's code a column, and kMostHeapColumns of them can be read, of which `columns` have a meaning.
template <typename Value>
struct HeapTables {
  std::size_t trees = 0;
  std::size_t columns = 0;
  const std::uint8_t* split_columns = nullptr;  // aligned to 64 bytes, as are the thresholds
  const std::int8_t* thresholds = nullptr;
  const Value* values = nullptr;
};

// Adds the leaf of each tree to `sum`, one tree after the other. With the widest vector
// instructions of this machine: where it can permute bytes, all splits of a tree are evaluated at
// once.
float AddHeaps(const HeapTables<float>& tables, const std::int8_t* codes, float sum);
double AddHeaps(const HeapTables<double>& tables, const std::int8_t* codes, double sum);

}  // namespace geoclimate::inference
