#include "geoclimate/store/sqlite/sqlite_error.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace geoclimate::store::sqlite {
namespace {

using base::Error;
using base::ErrorCode;

std::string Reason(int code, int system_error) {
  std::string reason = sqlite3_errstr(code);
  if (system_error != 0) reason += ", " + std::generic_category().message(system_error);
  return reason;
}

bool NoSpace(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

Error DiskFull(std::string_view path, std::string_view doing) {
  return {ErrorCode::kResourceExhausted,
          fmt::format("{}: the disk is full (during {}); free some space and try again (what was "
                      "committed before is safe)",
                      path, doing)};
}

}  // namespace

Error SqliteError(sqlite3* db, int code, std::string_view path, std::string_view doing) {
  const int system_error = db == nullptr ? 0 : sqlite3_system_errno(db);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {
          ErrorCode::kUnavailable,
          fmt::format("{}: another process is writing to it (during {}); wait until that process "
                      "has ended, or stop it, and try again",
                      path, doing)};
    case SQLITE_FULL:
      return DiskFull(path, doing);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      if (NoSpace(system_error)) return DiskFull(path, doing);
      return {ErrorCode::kPermissionDenied,
              fmt::format("{}: {} (during {}); the file and its folder must be writable for this "
                          "user, or choose another data directory",
                          path, Reason(code, system_error), doing)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::kDataLoss,
              fmt::format("{}: damaged, or no database: {} (during {}); restore a backup, or move "
                          "the file away and ingest again",
                          path, Reason(code, 0), doing)};
    case SQLITE_NOMEM:
      return {ErrorCode::kResourceExhausted,
              fmt::format("{}: out of memory (during {})", path, doing)};
    case SQLITE_IOERR:
      if (NoSpace(system_error)) return DiskFull(path, doing);
      return {
          ErrorCode::kInternal,
          fmt::format("{}: the disk failed: {} (during {}); check the disk and the system's log",
                      path, Reason(code, system_error), doing)};
    default:
      return {ErrorCode::kInternal,
              fmt::format("{}: {} (during {})", path,
                          db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db), doing)};
  }
}

}  // namespace geoclimate::store::sqlite
