#include "geoclimate/store/sqlite/migrations.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <thread>

namespace geoclimate::store::sqlite {
namespace {

using base::Result;

// Fewer, larger pages than SQLite's 4096: a transaction dirties runs of rows, and writes a third
// less.
constexpr int kPageBytes = 8192;

// SQLite answers SQLITE_BUSY at once, whatever the time-out, when two connections switch a new file
// to WAL together.
Result<void> EnterWalMode(Connection& connection, std::chrono::milliseconds lock_wait) {
  const auto give_up = std::chrono::steady_clock::now() + lock_wait;
  while (true) {
    const Result<void> result = connection.Execute("PRAGMA journal_mode = WAL", "open");
    if (result.ok() || result.error().code() != base::ErrorCode::kUnavailable ||
        std::chrono::steady_clock::now() >= give_up) {
      return result;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<void> CheckOwner(Connection& connection, std::int64_t version) {
  GC_ASSIGN_OR_RETURN(const std::int64_t application,
                      connection.ReadNumber("PRAGMA application_id", "open"));
  if (application == kApplicationId) return {};
  GC_ASSIGN_OR_RETURN(Statement count, Statement::Prepare(connection, "count_objects"));
  GC_ASSIGN_OR_RETURN(const bool row, count.Step());
  const std::int64_t objects = row ? count.Integer(0) : 0;
  count.Reset();
  if (application == 0 && version == 0 && objects == 0) return {};
  return base::FailedPrecondition(fmt::format(
      "{}: an SQLite database of another program; choose another path", connection.path()));
}

Result<void> CheckNotNewer(Connection& connection, std::int64_t version,
                           std::span<const SqlFile> migrations) {
  if (version <= static_cast<std::int64_t>(migrations.size())) return {};
  GC_ASSIGN_OR_RETURN(Statement newest, Statement::Prepare(connection, "newest_migration"));
  GC_ASSIGN_OR_RETURN(const bool row, newest.Step());
  const std::string name(row ? newest.Text(0) : "unknown");
  newest.Reset();
  return base::FailedPrecondition(
      fmt::format("{}: its schema is version {} ({}), newer than the {} that this program knows; "
                  "use the version of the program that wrote it, or a newer one",
                  connection.path(), version, name, migrations.size()));
}

Result<void> Apply(Connection& connection, std::int64_t number, const SqlFile& migration,
                   base::Timestamp now) {
  GC_RETURN_IF_ERROR(connection.Execute(std::string(migration.text).c_str(), migration.name));
  GC_ASSIGN_OR_RETURN(Statement record, Statement::Prepare(connection, "record_migration"));
  record.Bind(1, number);
  record.Bind(2, migration.name);
  record.Bind(3, std::int64_t{now.time_since_epoch().count()});
  GC_RETURN_IF_ERROR(record.Run());
  return connection.Execute(fmt::format("PRAGMA user_version = {}", number).c_str(),
                            migration.name);
}

// The version of the schema, of a database that is this program's and not too new for it. Called
// within a transaction: all is read of one state, whatever another process is about to write.
Result<std::int64_t> CheckedVersion(Connection& connection, std::span<const SqlFile> migrations) {
  GC_ASSIGN_OR_RETURN(const std::int64_t version,
                      connection.ReadNumber("PRAGMA user_version", "open"));
  GC_RETURN_IF_ERROR(CheckOwner(connection, version));
  GC_RETURN_IF_ERROR(CheckNotNewer(connection, version, migrations));
  return version;
}

Result<std::int64_t> ReadVersion(Connection& connection, std::span<const SqlFile> migrations) {
  GC_RETURN_IF_ERROR(connection.Execute("BEGIN", "open"));
  Result<std::int64_t> version = CheckedVersion(connection, migrations);
  const Result<void> ended = connection.Execute("ROLLBACK", "open");
  if (version.ok() && !ended.ok()) return ended.error();
  return version;
}

Result<void> ApplyMissing(Connection& connection, std::span<const SqlFile> migrations,
                          base::Timestamp now) {
  // Under the lock another process may have been here first.
  GC_ASSIGN_OR_RETURN(const std::int64_t version, CheckedVersion(connection, migrations));
  for (std::size_t i = static_cast<std::size_t>(version); i < migrations.size(); ++i) {
    GC_RETURN_IF_ERROR(Apply(connection, static_cast<std::int64_t>(i) + 1, migrations[i], now));
  }
  return connection.Execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str(),
                            "open");
}

}  // namespace

Result<void> Migrate(Connection& connection, std::span<const SqlFile> migrations,
                     const base::Clock& clock, std::chrono::milliseconds lock_wait) {
  GC_ASSIGN_OR_RETURN(const std::int64_t version, ReadVersion(connection, migrations));
  if (version == static_cast<std::int64_t>(migrations.size())) return {};

  GC_RETURN_IF_ERROR(
      connection.Execute(fmt::format("PRAGMA page_size = {}", kPageBytes).c_str(), "open"));
  GC_RETURN_IF_ERROR(EnterWalMode(connection, lock_wait));
  GC_RETURN_IF_ERROR(connection.Execute("BEGIN EXCLUSIVE", "migrate"));
  Result<void> result = ApplyMissing(connection, migrations, clock.Now());
  if (result.ok()) result = connection.Execute("COMMIT", "migrate");
  if (!result.ok()) {
    // The first error is the one to report; what a rollback says after it adds nothing.
    static_cast<void>(connection.Execute("ROLLBACK", "migrate"));
  }
  return result;
}

}  // namespace geoclimate::store::sqlite
