#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::model {

// How a term reads its column's value x. m is the row's reference mean and u = max(m, 0) +
// scale_offset of the member that the term belongs to, so that the last two say the same of a clean
// and of a dirty place.
enum class LinearInput : std::uint8_t {
  kPlain,      // x
  kDeparture,  // (x - m) / u: of a concentration
  kShare,      // x / u: of a difference or a spread of concentrations
};

struct LinearTerm {
  std::uint16_t column = 0;  // of the schema
  LinearInput input = LinearInput::kPlain;
  double center = 0;
  double scale = 1;  // above 0
  double weight = 0;
};

// intercept + sum over terms of weight * z, z = (input - center) / scale held to [-bound, bound]:
// an input that is far outside of what was fitted on says no more than one at the bound. A missing
// input says nothing: its z is 0.
struct LinearScore {
  double intercept = 0;
  double bound = 1;  // above 0
  std::vector<LinearTerm> terms;

  // `row` has the schema's columns. NaN where `reference` is.
  double At(std::span<const float> row, double reference, double scale_offset) const;
  // kInvalidArgument naming the term with a column that is not below `columns`, or with a number
  // that is not finite or out of its range.
  base::Result<void> Validate(std::size_t columns) const;
};

// The z of `value`: what a weight is multiplied by.
double Standardized(const LinearTerm& term, double value, double bound);
// What `input` makes of a column's value; NaN of a missing one.
double InputOf(LinearInput input, double value, double reference, double scale_offset);

}  // namespace geoclimate::model
