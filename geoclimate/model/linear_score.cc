#include "geoclimate/model/linear_score.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace geoclimate::model {

double InputOf(LinearInput input, double value, double reference, double scale_offset) {
  switch (input) {
    case LinearInput::kPlain:
      break;
    case LinearInput::kDeparture:
      return (value - reference) / (std::max(reference, 0.0) + scale_offset);
    case LinearInput::kShare:
      return value / (std::max(reference, 0.0) + scale_offset);
  }
  return value;
}

double Standardized(const LinearTerm& term, double value, double bound) {
  if (std::isnan(value)) return 0;
  return std::clamp((value - term.center) / term.scale, -bound, bound);
}

double LinearScore::At(std::span<const float> row, double reference, double scale_offset) const {
  if (std::isnan(reference)) return reference;
  double score = intercept;
  for (const LinearTerm& term : terms) {
    const double value = InputOf(term.input, double{row[term.column]}, reference, scale_offset);
    score += term.weight * Standardized(term, value, bound);
  }
  return score;
}

base::Result<void> LinearScore::Validate(std::size_t columns) const {
  if (!std::isfinite(intercept) || !std::isfinite(bound) || bound <= 0) {
    return base::InvalidArgument(
        fmt::format("its linear part has the intercept {} and the bound {}", intercept, bound));
  }
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const LinearTerm& term = terms[i];
    if (term.column >= columns) {
      return base::InvalidArgument(
          fmt::format("its linear term {} reads column {} of {}", i, term.column, columns));
    }
    if (!std::isfinite(term.center) || !std::isfinite(term.weight) || !std::isfinite(term.scale) ||
        term.scale <= 0) {
      return base::InvalidArgument(
          fmt::format("its linear term {} has center {}, scale {}, weight {}", i, term.center,
                      term.scale, term.weight));
    }
  }
  return {};
}

}  // namespace geoclimate::model
