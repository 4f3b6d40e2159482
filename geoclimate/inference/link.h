#pragma once

#include <span>

#include "geoclimate/model/tree_ensemble.h"

namespace geoclimate::inference {

// Turns a row's margins, one an output, into its answers, in place; of kArgmax the answer is
// margins[0]. In float as XGBoost computes it (its src/common/math.h), in double as LightGBM does
// (its src/objective/), so that answers are theirs to the bit where the C library's exp() is the
// same.
void ApplyLink(model::Link link, double scale, std::span<float> margins);
void ApplyLink(model::Link link, double scale, std::span<double> margins);

}  // namespace geoclimate::inference
