#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/inference/packed_split.h"
#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// A split as a comparison of codes: right when the code of its column is above `threshold`.
struct CodedSplit {
  std::uint16_t column = 0;
  std::int8_t threshold = 0;
};

// Rows in one byte a column, exactly: of a feature only the distinct keys that its splits compare
// with matter, so that a value becomes the number of them that its key is above, and "the key is
// above split key i" becomes "the code is above i". A feature with more than 255 distinct split
// keys has several columns, one for each 255 of them. Like the copies of RowKeys, a column says
// where missing values go, as the smallest or the largest code. Codes are kept less 128, since
// comparisons of signed bytes are what all vector instructions have.
//
// Rows are coded in blocks of kBlockRows, column by column: the code of row r in column c lies at
// c * kBlockRows + r.
class RowCodes {
 public:
  static constexpr std::size_t kBlockRows = 64;
  // So that the offset of a column fits 16 bits.
  static constexpr std::size_t kMostColumns = 1023;

  // From the numeric splits of the ensemble. Nothing when there are none, or when these need more
  // than kMostColumns: there is at least one column, which folds read where a tree lacks a split.
  static std::optional<RowCodes> Build(const model::TreeEnsemble& ensemble);

  std::size_t columns() const { return columns_.size(); }
  std::size_t memory_bytes() const;
  // `split` on `feature` belongs to the ensemble.
  CodedSplit Code(std::size_t feature, const PackedSplit& split) const;

  // Codes `count` rows, at most kBlockRows, of `features` floats into `codes`, which has columns()
  // x kBlockRows places; those of absent rows are codes too,
  // of no meaning.
  void Fill(std::span<const float> rows, std::size_t features, std::size_t count,
            std::span<std::int8_t> codes) const;

  // Codes one row, a code a column.
  void FillRow(std::span<const float> row, std::span<std::int8_t> codes) const;

  // A row whose values lie at, below and above split keys as `seed` falls, NaN among them: what a
  // measurement walks.
  void FillSample(std::uint64_t seed, std::span<float> row) const;

  // What the kernels read.
  //
  // A column: of the feature's code those from `base` to base + 255. Copies are numbered as in
  // RowKeys.
  struct Column {
    std::int32_t base = 0;
    std::uint8_t copy = 0;
  };
  // A search tree of fan-out 16 over the keys of a feature (as int32, in the order of FloatKey):
  // the levels one after the other, each padded with the largest integer to whole groups of 16; an
  // entry above the last level is the largest of its group below.
  struct Feature {
    std::uint32_t feature = 0;
    std::uint32_t first_column = 0;  // into columns_
    std::uint32_t last_column = 0;
    std::int32_t keys = 0;
    std::uint32_t levels = 0;
    std::array<std::uint32_t, 8> level = {};  // where each begins in keys_
  };

 private:
  struct FeatureKeys;
  void Add(const FeatureKeys& keys);
  std::size_t Below(const Feature& feature, std::int32_t key) const;

  std::vector<Feature> features_;              // those with splits
  std::vector<std::uint32_t> feature_places_;  // into features_, of each feature that has splits
  std::vector<Column> columns_;
  std::vector<std::int32_t> keys_;
};

}  // namespace geoclimate::inference
