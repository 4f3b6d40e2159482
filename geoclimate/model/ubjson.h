#pragma once

#include <span>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/model/xgboost_document.h"

namespace geoclimate::model {

// Reads Universal Binary JSON (ubjson.org, draft 12) as XGBoost writes it: numbers big-endian,
// arrays with or without a common type and a count. The members named in `unused` are checked and
// dropped. kInvalidArgument with the byte offset for bytes that are not UBJSON, have high-precision
// numbers, or nest more than 64 deep. Safe on hostile input: what is built is bounded by the number
// of bytes.
base::Result<XgboostDocument> ParseUbjson(std::string_view bytes,
                                          std::span<const std::string_view> unused);

}  // namespace geoclimate::model
