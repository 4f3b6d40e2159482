#pragma once

#include <cstdint>

#include "geoclimate/base/day.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::store {

// kInvalidArgument, naming the batch, where PredictionLogStore::Insert() refuses it: an id of
// another form, a prediction without a model, text that is not printable ASCII (what stores keep of
// text differs), a row or outputs of more than 65,535 numbers.
base::Result<void> CheckBatch(const PredictionBatch& batch);

// The day of UTC that a prediction belongs to.
base::LocalDay DayOfPrediction(const LoggedPrediction& prediction);

// The place of a prediction in the arbitrary order of its day: from the batch's id and its index in
// the batch, so that it is the same whatever the store.
std::int32_t LotOf(const PredictionBatch& batch, std::size_t index);

}  // namespace geoclimate::store
