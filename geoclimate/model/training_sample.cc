#include "geoclimate/model/training_sample.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "geoclimate/base/check.h"

namespace geoclimate::model {
namespace {

constexpr double kAdded = 0.5;

base::Result<void> ValidateColumn(const SampleColumn& column) {
  for (std::size_t i = 0; i < column.edges.size(); ++i) {
    if (!std::isfinite(column.edges[i]) || (i > 0 && column.edges[i] <= column.edges[i - 1])) {
      return base::InvalidArgument("the edges of a column of its training sample do not rise");
    }
  }
  if (column.counts.size() == kMonths * column.bins()) return {};
  return base::InvalidArgument("a column of its training sample has another number of counts");
}

std::vector<double> Shares(std::span<const double> counts) {
  double sum = 0;
  for (const double count : counts) sum += count + kAdded;
  std::vector<double> shares;
  shares.reserve(counts.size());
  for (const double count : counts) shares.push_back((count + kAdded) / sum);
  return shares;
}

// Of each bin over all months.
std::vector<double> Totals(std::span<const std::uint32_t> counts, std::size_t bins) {
  std::vector<double> totals(bins);
  for (std::size_t i = 0; i < counts.size(); ++i) totals[i % bins] += counts[i];
  return totals;
}

double Sum(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

}  // namespace

std::size_t SampleColumn::BinOf(float value) const {
  if (std::isnan(value)) return edges.size() + 1;
  return static_cast<std::size_t>(std::ranges::lower_bound(edges, value) - edges.begin());
}

base::Result<void> TrainingSample::Validate(std::size_t columns) const {
  if (empty()) {
    if (prediction == SampleColumn()) return {};
    return base::InvalidArgument("its training sample has predictions and no features");
  }
  if (features.size() != columns) {
    return base::InvalidArgument("its training sample has another number of features");
  }
  for (const SampleColumn& column : features) GC_RETURN_IF_ERROR(ValidateColumn(column));
  return ValidateColumn(prediction);
}

SampleColumn MakeSampleColumn(std::span<const float> values, std::span<const std::uint8_t> months,
                              std::size_t most_bins) {
  GC_CHECK(values.size() == months.size() && most_bins >= 1, "each value has its month");
  std::vector<float> sorted;
  std::ranges::copy_if(values, std::back_inserter(sorted),
                       [](float value) { return std::isfinite(value); });
  std::ranges::sort(sorted);
  SampleColumn column;
  for (std::size_t k = 1; k < most_bins && !sorted.empty(); ++k) {
    // The least value that k / most_bins of them do not exceed.
    const std::size_t at = (sorted.size() * k + most_bins - 1) / most_bins;
    const float edge = sorted[std::max<std::size_t>(at, 1) - 1];
    if (column.edges.empty() || edge > column.edges.back()) column.edges.push_back(edge);
  }
  column.counts.resize(kMonths * column.bins());
  if (column.edges.empty()) return column;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ++column.counts[months[i] * column.bins() + column.BinOf(values[i])];
  }
  return column;
}

double PopulationStability(const SampleColumn& sample, std::span<const std::uint32_t> live) {
  const std::size_t bins = sample.bins();
  if (bins == 0) return std::numeric_limits<double>::quiet_NaN();
  GC_CHECK(live.size() == kMonths * bins, "live counts are of the sample's bins");
  const std::vector<double> live_totals = Totals(live, bins);
  const double live_rows = Sum(live_totals);
  if (live_rows == 0) return std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> whole_year = Shares(Totals(sample.counts, bins));
  std::vector<double> expected(bins);
  for (std::size_t month = 0; month < kMonths; ++month) {
    const std::vector<double> live_of_month = Totals(live.subspan(month * bins, bins), bins);
    const double weight = Sum(live_of_month) / live_rows;
    if (weight == 0) continue;
    const std::vector<double> counts =
        Totals(std::span(sample.counts).subspan(month * bins, bins), bins);
    const std::vector<double> shares = Sum(counts) == 0 ? whole_year : Shares(counts);
    for (std::size_t bin = 0; bin < bins; ++bin) expected[bin] += weight * shares[bin];
  }
  const std::vector<double> seen = Shares(live_totals);
  double index = 0;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    index += (seen[bin] - expected[bin]) * std::log(seen[bin] / expected[bin]);
  }
  return index;
}

}  // namespace geoclimate::model
