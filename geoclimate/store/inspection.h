#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/postgres_store.h"

namespace geoclimate::store {

// What a database is like, looked at without changing it: for people who ask what is wrong.

struct PostgresInspection {
  std::string name;     // "postgres at HOST:PORT/NAME"
  int version = 0;      // 150008
  std::string release;  // "15.8 (Debian 15.8-0+deb12u1)"
  int max_connections = 0;
  int reserved_connections = 0;  // for superusers
  int other_sessions = 0;        // of all databases of the server, without this one
  std::string encoding;          // "UTF8"
  bool only_reads = false;       // a standby, or told to
  bool may_create = false;       // tables, in the schema that is used
  std::string closed_tables;     // names that the role may not read or write, with commas
  std::size_t migrations_known = 0;
  std::optional<std::size_t> migrations_applied;  // nothing of a database without a schema
  base::Timestamp now;                            // by the server's clock
};

// Connects once. Errors as OpenPostgresStores(): kUnavailable and the like when there is nobody to
// ask.
base::Result<PostgresInspection> InspectPostgres(const PostgresOptions& options);

struct SqliteInspection {
  bool is_ours = false;  // or empty
  std::size_t migrations_known = 0;
  std::size_t migrations_applied = 0;
};

// kNotFound when there is no such file; kDataLoss when it is no database.
base::Result<SqliteInspection> InspectSqlite(const std::filesystem::path& path);

}  // namespace geoclimate::store
