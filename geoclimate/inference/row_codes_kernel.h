#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "geoclimate/inference/row_codes.h"

namespace geoclimate::inference {

// The tables of a RowCodes.
struct CodeTables {
  std::span<const RowCodes::Feature> features;
  const RowCodes::Column* columns = nullptr;
  const std::int32_t* keys = nullptr;
};

// RowCodes::Fill and FillRow with the widest vector instructions of this machine.
void CodeRows(const CodeTables& tables, const float* rows, std::size_t features, std::size_t count,
              std::int8_t* codes);
void CodeRow(const CodeTables& tables, const float* row, std::int8_t* codes);

}  // namespace geoclimate::inference
