#include "geoclimate/training/ridge.h"

#include <Eigen/Cholesky>
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

// Rows whose products are added at once: few enough for the cache.
constexpr std::size_t kBlockRows = 256;

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
  const auto n = static_cast<Eigen::Index>(terms_.size());
  const auto rows = static_cast<double>(range_.size());
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(n);
  Eigen::MatrixXd products = Eigen::MatrixXd::Zero(n, n);  // its lower half
  Eigen::MatrixXd block(n, kBlockRows);
  for (std::size_t first = range_.begin; first < range_.end; first += kBlockRows) {
    const std::size_t count = std::min(kBlockRows, range_.end - first);
    for (std::size_t i = 0; i < count; ++i) {
      WriteInputs(first + i, {block.col(static_cast<Eigen::Index>(i)).data(), terms_.size()});
    }
    const auto z = block.leftCols(static_cast<Eigen::Index>(count));
    sums += z.rowwise().sum();
    products.selfadjointView<Eigen::Lower>().rankUpdate(z);
  }
  const Eigen::VectorXd means = sums / rows;
  products.selfadjointView<Eigen::Lower>().rankUpdate(means, -rows);
  products.diagonal().array() += rows * options_.l2;
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(products);  // in place
  GC_CHECK(factor.info() == Eigen::Success, "a penalized matrix is positive definite");
  means_.assign(means.begin(), means.end());
  factor_.assign(products.data(), products.data() + products.size());
}

std::vector<double> Ridge::Solve(std::vector<double> right) const {
  const auto n = static_cast<Eigen::Index>(terms_.size());
  const Eigen::Map<const Eigen::MatrixXd> factor(factor_.data(), n, n);
  Eigen::Map<Eigen::VectorXd> solution(right.data(), n);
  factor.triangularView<Eigen::Lower>().solveInPlace(solution);
  factor.triangularView<Eigen::Lower>().transpose().solveInPlace(solution);
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
