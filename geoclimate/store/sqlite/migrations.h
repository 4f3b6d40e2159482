#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/sqlite/connection.h"
#include "geoclimate/store/sqlite/embedded_sql.h"

namespace geoclimate::store::sqlite {

// "GCLM", in the file's header, so that `file` and others can tell.
inline constexpr std::int64_t kApplicationId = 0x47434c4d;

// Brings the database up to the last of `migrations` (Migrations(), but for tests), all in one
// transaction under an exclusive lock: two processes that open it at once take turns. An empty
// database is made; one that is up to date is only read. `lock_wait`: for another process's lock.
//
// kFailedPrecondition: the database is another program's, or its schema is newer than `migrations`
// (the message names its newest migration). Nothing has changed after an error.
base::Result<void> Migrate(Connection& connection, std::span<const SqlFile> migrations,
                           const base::Clock& clock, std::chrono::milliseconds lock_wait);

}  // namespace geoclimate::store::sqlite
