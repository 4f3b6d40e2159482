#include "geoclimate/inference/row_codes_kernel.h"

#include <algorithm>
#include <bit>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "geoclimate/inference/row_codes_kernel.cc"
#include <hwy/foreach_target.h>
// foreach_target.h includes this file once a target; the rest is compiled for each.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace geoclimate::inference {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kRows = RowCodes::kBlockRows;
constexpr std::int32_t kMissing = 0x7FFF'FFFE;  // RowKeys' kMissingRight: above all floats

// How many of 16 sorted keys are below `key`.
HWY_INLINE std::size_t CountBelow(const std::int32_t* keys, std::int32_t key) {
  const hn::CappedTag<std::int32_t, 16> d;
  const auto value = hn::Set(d, key);
  std::size_t count = 0;
  for (std::size_t i = 0; i < 16; i += hn::Lanes(d)) {
    count += hn::CountTrue(d, hn::Gt(value, hn::LoadU(d, keys + i)));
  }
  return count;
}

// FloatKey in signed integers.
HWY_INLINE std::int32_t SignedKey(float value) {
  const auto bits = std::bit_cast<std::int32_t>(value);
  const std::int32_t key = bits ^ ((bits >> 31) & 0x7FFF'FFFF);
  const std::int32_t number = value == 0 ? 0 : key;
  return value != value ? kMissing : number;
}

// Of each of `count` keys, how many of the feature's it is above.
HWY_INLINE void CountKeys(const CodeTables& tables, const RowCodes::Feature& feature,
                          std::size_t count, const std::int32_t* HWY_RESTRICT keys,
                          std::int32_t* HWY_RESTRICT counts) {
  const std::int32_t* const first = tables.keys + feature.level[0];
  if (feature.levels == 1) {
    for (std::size_t row = 0; row < count; ++row) {
      counts[row] = static_cast<std::int32_t>(CountBelow(first, keys[row]));
    }
    return;
  }
  const std::int32_t* const second = tables.keys + feature.level[1];
  for (std::size_t row = 0; row < count; ++row) {
    std::size_t group = CountBelow(first, keys[row]);
    group = group * 16 + CountBelow(second + group * 16, keys[row]);
    for (std::uint32_t level = 2; level < feature.levels; ++level) {
      group = group * 16 + CountBelow(tables.keys + feature.level[level] + group * 16, keys[row]);
    }
    counts[row] = static_cast<std::int32_t>(group);
  }
}

// A column of codes. A missing value has counted as above all keys so far.
HWY_INLINE void CodeColumn(RowCodes::Column column, std::int32_t most,
                           const std::int32_t* HWY_RESTRICT keys,
                           const std::int32_t* HWY_RESTRICT counts, std::int8_t* HWY_RESTRICT out) {
  // LightGBM's kZeroThreshold; its negative has the key -1 - kZero.
  constexpr auto kZero = std::bit_cast<std::int32_t>(1e-35F);
  const hn::CappedTag<std::int32_t, 16> d;
  const hn::Rebind<std::int8_t, decltype(d)> d8;
  const auto missing_count = hn::Set(d, (column.copy & 1U) != 0 ? 0 : most);
  const auto base = hn::Set(d, column.base + 128);
  for (std::size_t row = 0; row < kRows; row += hn::Lanes(d)) {
    const auto key = hn::LoadU(d, keys + row);
    auto missing = hn::Eq(key, hn::Set(d, kMissing));
    if ((column.copy & 2U) != 0) {
      const auto above = hn::Gt(key, hn::Set(d, kZero));
      const auto below = hn::Gt(hn::Set(d, -1 - kZero), key);
      missing = hn::Or(missing, hn::Not(hn::Or(above, below)));
    }
    const auto code = hn::IfThenElse(missing, missing_count, hn::LoadU(d, counts + row));
    // Saturates, which keeps the codes of the chunks above and below within a byte.
    hn::StoreU(hn::DemoteTo(d8, hn::Sub(code, base)), d8, out + row);
  }
}

}  // namespace

void CodeRows(const CodeTables& tables, const float* rows, std::size_t features, std::size_t count,
              std::int8_t* codes) {
  std::int32_t keys[kRows] = {};
  std::int32_t counts[kRows] = {};
  for (const RowCodes::Feature& feature : tables.features) {
    for (std::size_t row = 0; row < count; ++row) {
      keys[row] = SignedKey(rows[row * features + feature.feature]);
    }
    CountKeys(tables, feature, count, keys, counts);
    for (std::uint32_t at = feature.first_column; at < feature.last_column; ++at) {
      CodeColumn(tables.columns[at], feature.keys, keys, counts, codes + std::size_t{at} * kRows);
    }
  }
}

void CodeRow(const CodeTables& tables, const float* row, std::int8_t* codes) {
  constexpr auto kZero = std::bit_cast<std::int32_t>(1e-35F);
  for (const RowCodes::Feature& feature : tables.features) {
    const std::int32_t key = SignedKey(row[feature.feature]);
    std::int32_t count = 0;
    CountKeys(tables, feature, 1, &key, &count);
    const bool zero = key <= kZero && key >= -1 - kZero;
    for (std::uint32_t at = feature.first_column; at < feature.last_column; ++at) {
      const RowCodes::Column column = tables.columns[at];
      const bool missing = key == kMissing || ((column.copy & 2U) != 0 && zero);
      const std::int32_t missing_count = (column.copy & 1U) != 0 ? 0 : feature.keys;
      const std::int32_t code = (missing ? missing_count : count) - column.base;
      codes[at] = static_cast<std::int8_t>(std::clamp(code, 0, 255) - 128);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace geoclimate::inference
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace geoclimate::inference {

HWY_EXPORT(CodeRows);
HWY_EXPORT(CodeRow);

void CodeRows(const CodeTables& tables, const float* rows, std::size_t features, std::size_t count,
              std::int8_t* codes) {
  HWY_DYNAMIC_DISPATCH(CodeRows)(tables, rows, features, count, codes);
}

void CodeRow(const CodeTables& tables, const float* row, std::int8_t* codes) {
  HWY_DYNAMIC_DISPATCH(CodeRow)(tables, row, codes);
}

}  // namespace geoclimate::inference
#endif
