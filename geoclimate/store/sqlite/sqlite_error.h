#pragma once

#include <string_view>

#include "geoclimate/base/error.h"

struct sqlite3;

namespace geoclimate::store::sqlite {

// What SQLite's (extended) result code `code` means for the person who runs the program: names
// `path` and what to do. `doing` says what failed, "commit". `db` gives the system's
// own error; null when there is no connection.
//
//   SQLITE_BUSY, SQLITE_LOCKED          kUnavailable        another process holds the lock
//   SQLITE_FULL, no space in SQLITE_IO… kResourceExhausted  the disk is full
//   SQLITE_READONLY, SQLITE_CANTOPEN    kPermissionDenied   file or folder cannot be written
//   SQLITE_CORRUPT, SQLITE_NOTADB       kDataLoss           damaged, or no database
//   SQLITE_NOMEM                        kResourceExhausted
//   all else                            kInternal
base::Error SqliteError(sqlite3* db, int code, std::string_view path, std::string_view doing);

}  // namespace geoclimate::store::sqlite
