#pragma once

#include <span>

#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/sql_file.h"

namespace geoclimate::store::postgres {

// Brings the database up to the last of `migrations` (Migrations(), but for tests), all in one
// transaction under an advisory lock: of many processes that start at once one does it, and the
// others wait. A database that is up to date is only read.
//
// kFailedPrecondition: its schema is newer than `migrations` (the message names its newest), or its
// tables are another program's. Nothing has changed after an error.
base::Result<void> Migrate(Database& database, std::span<const SqlFile> migrations);

}  // namespace geoclimate::store::postgres
