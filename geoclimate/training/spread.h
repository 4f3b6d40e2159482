#pragma once

#include <span>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/training_options.h"

namespace geoclimate::training {

// Forecasts with what came of them, made by a forecaster that had seen none of these rows: a view.
// All spans but `features` have an entry a row.
struct ErrorRows {
  int horizon_days = 1;
  const features::FeatureSchema& schema;
  std::span<const float> features;             // row-major, schema.size() columns
  std::span<const base::LocalDay> issue_days;  // ascending
  std::span<const double> means;
  std::span<const double> errors;  // observed - mean
};

// The distribution around a mean, learnt from errors; at least one row.
//
// The spread's level is a line in |mean| (FitLevel() in conformal.h). With options.min_rows rows,
// boosted trees learn log(|error| / level + log_offset) from the row. Offsets come from errors over
// spreads that did not learn from them: the rows are halved in time, and each half's spreads are
// those of trees fitted on the other one, rows between whose day lies in both left out. On these
// rows the scores are multiplied by the factor with the lowest CRPS; where that is 0, there are no
// trees.
//
// Deterministic as Fit() is. kInternal with XGBoost's message when it refuses.
base::Result<model::Calibration> FitCalibration(const SpreadOptions& options,
                                                const ErrorRows& rows);

}  // namespace geoclimate::training
