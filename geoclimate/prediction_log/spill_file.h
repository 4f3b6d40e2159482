#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::prediction_log {

// The bytes of a file of the spill: a batch, whole (docs/formats/prediction_spill.md).
// Deterministic. The batch is one that the store takes, of less than 4 GiB.
std::string EncodeSpill(const store::PredictionBatch& batch);

// Reads what EncodeSpill() wrote. kDataLoss naming where, for bytes that it did not write, torn
// ones too; kUnimplemented for another version of the format. Safe on hostile input: what is built
// is bounded by the number of bytes, and is a batch that the store takes.
base::Result<store::PredictionBatch> ParseSpill(std::string_view bytes);

}  // namespace geoclimate::prediction_log
