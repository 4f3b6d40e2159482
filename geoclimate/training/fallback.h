#pragma once

#include "geoclimate/base/result.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// Fewer rows say nothing of a spread.
inline constexpr std::size_t kMinFallbackRows = 30;

// A forecaster without members for a past that is too short for Fit(): the damped baseline with the
// lower squared error over all rows, and the spread of its errors on the same rows, which two
// parameters hardly flatter.
//
// kInvalidArgument for rows that do not hold what their header says; kFailedPrecondition with fewer
// than kMinFallbackRows.
base::Result<model::Forecaster> FitFallback(const TrainingRows& rows);

}  // namespace geoclimate::training
