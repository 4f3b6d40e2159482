#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::store::postgres {

// Bytes of a COPY of a batch as Connection::CopyIn() asks for them. `models` has the id of each
// prediction's model; both must outlive it.
std::function<bool(std::string&)> CopyPredictions(const PredictionBatch& batch,
                                                  const std::vector<std::int32_t>& models);

// A row of sample_predictions.
LoggedPrediction ReadPrediction(const Rows& rows, int row, std::string_view model_id);

// The elements of a value of type real[] in binary form, NaN for null; none when it is no array of
// one dimension of these.
std::vector<float> ParseRealArray(std::string_view bytes);

}  // namespace geoclimate::store::postgres
