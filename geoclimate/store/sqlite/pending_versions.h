#pragma once

#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/connection.h"
#include "geoclimate/store/sqlite/version_row.h"

namespace geoclimate::store::sqlite {

// Makes `rows` readable on `connection` as the table pending_versions, with the columns of
// observation_versions. One INSERT ... SELECT then writes any number of rows in half the time of a
// statement a row. `rows` is read whenever a statement runs, so it may change in between; it must
// outlive the connection.
base::Result<void> AddPendingVersionsTable(Connection& connection,
                                           const std::vector<VersionRow>& rows);

}  // namespace geoclimate::store::sqlite
