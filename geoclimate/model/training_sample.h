#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

inline constexpr std::size_t kMonths = 12;

// How many values lay in each bin, by month: row-major, a row of SampleColumn::bins() a month,
// January first.
using BinCounts = std::vector<std::uint32_t>;

// How the values of one column lay in the rows that a model was fitted on. Bin i has the values in
// (edges[i - 1], edges[i]], the last but one those above all edges, the last those that are
// missing. A value.
struct SampleColumn {
  std::vector<float> edges;  // rising, finite; none: the column is not compared
  BinCounts counts;          // of the rows, by month of their issue day

  std::size_t bins() const { return edges.empty() ? 0 : edges.size() + 2; }
  std::size_t BinOf(float value) const;

  friend bool operator==(const SampleColumn&, const SampleColumn&) = default;
};

// The rows that a model was fitted on, as far as they must be known to see whether those that it is
// asked for now are others. A value.
struct TrainingSample {
  std::vector<SampleColumn> features;  // one a feature of the model, in their order
  SampleColumn prediction;             // what the model says of these rows
  bool empty() const { return features.empty(); }

  // kInvalidArgument naming what is wrong: edges that do not rise, counts of another number. An
  // empty one is valid; `columns` is the number of the model's features.
  base::Result<void> Validate(std::size_t columns) const;

  friend bool operator==(const TrainingSample&, const TrainingSample&) = default;
};

// `values` in at most `most_bins` bins of about equal numbers of finite values, over all months;
// `months` (0 to 11) has one a value.
SampleColumn MakeSampleColumn(std::span<const float> values, std::span<const std::uint8_t> months,
                              std::size_t most_bins = 10);

// The population stability index of what lies in `live` (counts as SampleColumn::counts) against
// the sample: the sum over the bins of (l - t) ln(l / t), where l is the live share of a bin and t
// that of the sample's rows of the same months, each month weighted by its live rows; months of
// which the sample has no rows count as the average of all. Shares are of counts with a half added
// to each bin (Jeffreys), so that an empty one says no more than there are rows to say it. Below
// 0.1 is no change, above 0.25 another population, as the index is read since credit scoring
// (N. Siddiqi, "Credit Risk Scorecards", 2006). NaN without live values or edges.
double PopulationStability(const SampleColumn& sample, std::span<const std::uint32_t> live);

}  // namespace geoclimate::model
