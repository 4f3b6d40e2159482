#pragma once

#include <cstddef>
#include <span>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {

// All that a model says of a row, as floats side by side: its outputs; of a forecaster the mean,
// p10, p50 and p90.
inline constexpr std::size_t kMeanColumn = 0;
inline constexpr std::size_t kP10Column = 1;
inline constexpr std::size_t kP50Column = 2;
inline constexpr std::size_t kP90Column = 3;

std::size_t AnswerColumns(const LoadedModel& model);

// Scores `count` rows, row-major, into count x AnswerColumns() floats. Does not allocate. Errors:
// LoadedModel::Predict's.
base::Result<void> AnswerRows(const LoadedModel& model, std::span<const float> rows,
                              std::size_t count, std::span<float> answers);

}  // namespace geoclimate::inference
