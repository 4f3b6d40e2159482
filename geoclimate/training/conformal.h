#pragma once

#include <span>

#include "geoclimate/model/forecaster.h"

namespace geoclimate::training {

// Split-conformal quantiles around a mean (Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, JASA 113,
// 2018, section 5.2, with each side taken by itself as in Romano, Patterson, Candes, NeurIPS 2019):
// `residuals` are observed - mean on rows that the mean was not fitted on, `references` the
// reference means of the same rows, at least one.
//
// The spread is floor + slope * |reference|, by least squares of |residual| with neither below
// zero. Offset k is the empirical quantile of residual / spread at level k with the finite-sample
// correction outwards (rank (n + 1) level, rounded away from the middle), so that on exchangeable
// rows p10 and p90 each hold at least their share in expectation.
model::Calibration Calibrate(std::span<const double> residuals, std::span<const double> references);

}  // namespace geoclimate::training
