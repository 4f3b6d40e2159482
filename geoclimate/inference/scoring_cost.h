#pragma once

#include <chrono>
#include <cstddef>

#include "geoclimate/base/clock.h"
#include "geoclimate/inference/loaded_model.h"

namespace geoclimate::inference {

// What scoring takes of one core: measured once, when a model is loaded.
struct ScoringCost {
  std::chrono::nanoseconds one_row{0};    // alone
  std::chrono::nanoseconds batch_row{0};  // a row of a batch

  std::chrono::nanoseconds Of(std::size_t rows) const;
};

// Scores synthetic rows, for some milliseconds or, with a costly model, a few times. The shortest
// of the runs counts: what else the machine does only adds. Zero for a model that takes no rows,
// which is never scored on a caller's thread.
base::Result<ScoringCost> MeasureScoringCost(const LoadedModel& model, const base::Clock& clock);

}  // namespace geoclimate::inference
