#include "geoclimate/training/ridge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "geoclimate/base/check.h"

namespace geoclimate::training {
namespace {

using model::LinearInput;
using model::LinearTerm;

// Units of places, distances and counts.
constexpr std::array<std::string_view, 4> kNoInputs = {"degrees", "km", "days", "sites"};

// How a column enters, if it does. `level` is the reference column: a concentration of the
// pollutant itself; what has its unit but another range is a difference or a spread.
std::optional<LinearInput> InputOf(const features::Feature& feature, const features::Feature& level,
                                   airquality::Pollutant pollutant) {
  if (std::ranges::find(kNoInputs, feature.unit) != kNoInputs.end()) return std::nullopt;
  if (feature.name == level.name) return LinearInput::kPlain;
  const std::string_view slug = airquality::Slug(pollutant);
  const bool own = feature.name.starts_with(slug) && feature.name.substr(slug.size(), 1) == "_" &&
                   feature.unit == level.unit;
  if (!own) return LinearInput::kPlain;
  const bool is_level = feature.min == level.min && feature.max == level.max;
  return is_level ? LinearInput::kDeparture : LinearInput::kShare;
}

}  // namespace

Ridge::Ridge(const LinearOptions& options, const TrainingRows& rows, RowRange range,
             const model::Forecaster& frame, double scale_offset)
    : options_(options), rows_(rows), range_(range), scale_offset_(scale_offset) {
  GC_CHECK(range.size() > 0, "there is something to fit on");
  ChooseInputs(frame);
  Standardize();
  Factorize();
}

void Ridge::ChooseInputs(const model::Forecaster& frame) {
  const model::Combiner combiner(frame);
  references_.reserve(range_.size());
  for (std::size_t row = range_.begin; row < range_.end; ++row) {
    references_.push_back(combiner.Reference(rows_.features.Row(row)));
  }
  const auto& features = rows_.schema.features();
  const auto level =
      features[static_cast<std::size_t>(rows_.schema.Find(frame.baseline.reference_feature))];
  for (std::size_t column = 0; column < features.size(); ++column) {
    const auto input = InputOf(features[column], level, rows_.pollutant);
    if (input) {
      terms_.push_back({.column = static_cast<std::uint16_t>(column), .input = *input});
    }
  }
}

// Sums of differences to the first value: precise for a large mean with a small spread.
void Ridge::Standardize() {
  struct Moments {
    double first = 0;
    double sum = 0;
    double squares = 0;
    double count = 0;
  };
  std::vector<Moments> moments(terms_.size());
  for (std::size_t i = 0; i < range_.size(); ++i) {
    const std::span<const float> row = rows_.features.Row(range_.begin + i);
    for (std::size_t k = 0; k < terms_.size(); ++k) {
      const double value = model::InputOf(terms_[k].input, double{row[terms_[k].column]},
                                          references_[i], scale_offset_);
      if (!std::isfinite(value)) continue;
      Moments& of_term = moments[k];
      if (of_term.count == 0) of_term.first = value;
      of_term.sum += value - of_term.first;
      of_term.squares += (value - of_term.first) * (value - of_term.first);
      of_term.count += 1;
    }
  }
  std::vector<LinearTerm> varying;
  for (std::size_t k = 0; k < terms_.size(); ++k) {
    const Moments& of_term = moments[k];
    if (of_term.count < 2) continue;
    const double mean = of_term.sum / of_term.count;
    const double variance = of_term.squares / of_term.count - mean * mean;
    // What rounding leaves of a constant is no variance.
    if (!(variance > 1e-12 * of_term.squares / of_term.count)) continue;
    LinearTerm term = terms_[k];
    term.center = of_term.first + mean;
    term.scale = std::sqrt(variance);
    varying.push_back(term);
  }
  terms_ = std::move(varying);
}

void Ridge::WriteInputs(std::size_t row, std::span<double> z) const {
  const std::span<const float> values = rows_.features.Row(row);
  const double reference = references_[row - range_.begin];
  for (std::size_t k = 0; k < terms_.size(); ++k) {
    const LinearTerm& term = terms_[k];
    z[k] = model::Standardized(
        term, model::InputOf(term.input, double{values[term.column]}, reference, scale_offset_),
        options_.bound);
  }
}

void Ridge::Factorize() {
  const std::size_t n = terms_.size();
  const auto rows = static_cast<double>(range_.size());
  std::vector<double> z(n);
  means_.assign(n, 0);
  factor_.assign(n * n, 0);
  for (std::size_t row = range_.begin; row < range_.end; ++row) {
    WriteInputs(row, z);
    for (std::size_t i = 0; i < n; ++i) {
      means_[i] += z[i];
      const double zi = z[i];
      double* const products = factor_.data() + i * n;
      for (std::size_t j = 0; j <= i; ++j) products[j] += zi * z[j];
    }
  }
  for (double& mean : means_) mean /= rows;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) factor_[i * n + j] -= rows * means_[i] * means_[j];
    factor_[i * n + i] += rows * options_.l2;
  }
  // Cholesky's factor in place. The penalty keeps every pivot above 0.
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = factor_[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= factor_[i * n + k] * factor_[j * n + k];
      if (i == j) GC_CHECK(sum > 0, "a penalized matrix is positive definite");
      factor_[i * n + j] = i == j ? std::sqrt(sum) : sum / factor_[j * n + j];
    }
  }
}

std::vector<double> Ridge::Solve(std::vector<double> right) const {
  const std::size_t n = terms_.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) right[i] -= factor_[i * n + k] * right[k];
    right[i] /= factor_[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) right[i] -= factor_[k * n + i] * right[k];
    right[i] /= factor_[i * n + i];
  }
  return right;
}

model::LinearScore Ridge::Fit(std::span<const float> labels) const {
  GC_CHECK(labels.size() == range_.size(), "a label a row");
  const std::size_t n = terms_.size();
  std::vector<double> products(n, 0);
  std::vector<double> z(n);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    WriteInputs(range_.begin + i, z);
    const auto label = double{labels[i]};
    sum += label;
    for (std::size_t k = 0; k < n; ++k) products[k] += label * z[k];
  }
  for (std::size_t k = 0; k < n; ++k) products[k] -= sum * means_[k];
  const std::vector<double> weights = Solve(std::move(products));
  model::LinearScore score{.intercept = sum / static_cast<double>(labels.size()),
                           .bound = options_.bound,
                           .terms = terms_};
  for (std::size_t k = 0; k < n; ++k) {
    score.terms[k].weight = weights[k];
    score.intercept -= weights[k] * means_[k];
  }
  return score;
}

}  // namespace geoclimate::training
