#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/store/postgres/rows.h"
#include "geoclimate/store/postgres/statement.h"
#include "geoclimate/store/version.h"

namespace geoclimate::store::postgres {

// A row of observation_versions.
struct VersionRow {
  std::int32_t series = 0;
  Version version;  // but for its series
};

// The version in the columns from `first` on: start, value, source, completeness, monitor,
// available_at_floor, origin, receipt.
Version ReadVersion(const Rows& rows, int row, int first);

// For few rows, and for many. The second gives bytes of a COPY as Connection::CopyIn() asks for
// them; `rows` must outlive it.
Call InsertVersions(std::span<const VersionRow> rows);
std::function<bool(std::string&)> CopyVersions(std::span<const VersionRow> rows);

// Sets monitor, available_at_floor and origin of rows that are there.
Call UpdateVersions(std::span<const VersionRow> rows);

}  // namespace geoclimate::store::postgres
