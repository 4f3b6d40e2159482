#pragma once

#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/training_sample.h"
#include "geoclimate/training/training_rows.h"

namespace geoclimate::training {

// What `forecaster` was fitted on, for who compares the rows that it is asked for with it: at most
// some thousand of `rows`, evenly over them in the order of time, and what it says of these. A
// fallback reads the first columns. Columns of the calendar are not compared: they drift by what
// they are.
model::TrainingSample SampleOf(const TrainingRows& rows, const model::Forecaster& forecaster);

}  // namespace geoclimate::training
