#pragma once

#include <array>
#include <span>
#include <vector>

#include "geoclimate/model/forecaster.h"

namespace geoclimate::training {

// A spread without trees: floor + slope * |mean|, by least squares of |error| with neither below
// zero. `errors` are observed - mean, as many as `means`, at least one.
model::Spread FitLevel(std::span<const double> errors, std::span<const double> means);

// Split-conformal quantiles (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, JASA 113, 2018, section
// 5.2, with each side taken by itself as in Romano, Patterson, Candes, NeurIPS 2019): `scores` are
// errors / spreads on rows that neither the means nor the spreads were fitted on, at least one.
//
// Offset k is their empirical quantile at level k with the finite-sample correction outwards (rank
// (n + 1) level, rounded away from the middle), so that on exchangeable rows p10 and p90 each hold
// at least their share in expectation.
std::array<double, model::kQuantileLevels.size()> ConformalOffsets(std::vector<double> scores);

// FitLevel() and the offsets around it, from the same rows: two parameters hardly flatter.
model::Calibration CalibrateLevel(std::span<const double> errors, std::span<const double> means);

}  // namespace geoclimate::training
