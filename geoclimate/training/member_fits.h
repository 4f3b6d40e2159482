#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/training/booster.h"
#include "geoclimate/training/time_blocks.h"
#include "geoclimate/training/training_options.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// What decides a frame besides the rows it is fitted on.
struct FrameChoice {
  std::string_view reference_column;  // of the schema; must outlive the use
  double scale_offset = 1;            // of every member
};

// The members' scale_offset, the value above which a concentration is not small for this pollutant:
// a share of the mean target of `range`, not empty, in EPA units, above 0.
double ScaleOffset(const TrainingOptions& options, const TrainingRows& rows, RowRange range);

// A forecaster with the baseline and the members' linear parts, where options.form has them, fitted
// on `range`. Its members have no trees yet, its calibration nothing.
model::Forecaster FitFrame(const TrainingOptions& options, const TrainingRows& rows, RowRange range,
                           const FrameChoice& choice);

// What trees of `member` are fitted to: the raw scores with which it would hit the targets of
// `range`, less its linear part.
std::vector<float> LabelsOf(const model::Forecaster& forecaster, const model::Member& member,
                            const TrainingRows& rows, RowRange range);

// Gives the members of `forecaster` their trees, member m rounds[m] of them, fitted on every row;
// none where options.form is linear. Errors are XGBoost's. `after_step`: see Fit().
base::Result<void> FitTrees(const TrainingOptions& options, const TrainingRows& rows,
                            std::span<const int> rounds, const std::function<void()>& after_step,
                            model::Forecaster& forecaster);

// Gives member m of `forecaster` the trees of boosters[m]. Errors are XGBoost's.
base::Result<void> TakeTrees(std::span<const Booster> boosters, model::Forecaster& forecaster);

inline RowRange EveryRow(const TrainingRows& rows) {
  return {0, rows.features.rows};
}

}  // namespace geoclimate::training
