#pragma once

#include <span>
#include <string>
#include <vector>

#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/fit.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// Fills the scores of `report` from the rows of `range` on which every baseline has a forecast. The
// distributions have range.size() entries; `model` and `fallback` are forecasters that saw none of
// these rows.
void Evaluate(const TrainingRows& rows, RowRange range, std::span<const model::Distribution> model,
              std::span<const model::Distribution> fallback, FitReport& report);

}  // namespace geoclimate::training
