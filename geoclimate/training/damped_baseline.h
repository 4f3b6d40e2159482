#pragma once

#include <string_view>

#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// The rho of reference + rho * (last - reference) with the lowest squared error over the rows of
// `range`, held to [0, 1].
model::DampedPersistence FitDampedPersistence(const TrainingRows& rows, RowRange range,
                                              std::string_view reference_column);

// The reference column whose rho, fitted on `fit`, has the lowest squared error on `judge`; the
// first of equals.
std::string_view ChooseReference(const TrainingRows& rows, RowRange fit, RowRange judge);

}  // namespace geoclimate::training
