#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/ingest/source_description.h"

namespace geoclimate::ingest {

// One file's header, understood: which field of a row is what. `source` is the description that it
// matched; it belongs to the caller of MatchHeader.
struct ColumnMap {
  static constexpr std::int32_t kAbsent = -1;

  // A column of concentrations that the file has.
  struct Value {
    std::int32_t field = kAbsent;
    const ValueColumn* column = nullptr;
  };

  const SourceDescription* source = nullptr;
  std::size_t field_count = 0;
  std::array<std::int32_t, kRoleCount> fields{};  // by role, kAbsent or the index of a field
  std::vector<Value> values;

  std::int32_t FieldOf(Role role) const { return fields[static_cast<std::size_t>(role)]; }
};

// Finds the description that fits a header: the one whose required columns are all there, of
// several the one that knows the most columns.
//
// kInvalidArgument, saying what was expected and what was found, when the header is of no known
// family (another table, bytes that are no text, UTF-16), or when it is of one but lacks a required
// column, has none of its columns of concentrations, several for one pollutant or statistic, or two
// columns for one role.
base::Result<ColumnMap> MatchHeader(std::span<const SourceDescription> sources,
                                    std::span<const std::string_view> header);

}  // namespace geoclimate::ingest
