#include "geoclimate/store/postgres/migrations.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace geoclimate::store::postgres {
namespace {

using base::Result;

// The version of the schema, of a database that has the table of migrations.
Result<std::size_t> AppliedVersion(Connection& connection, std::span<const SqlFile> migrations) {
  GC_ASSIGN_OR_RETURN(const Rows applied, connection.RunOne({"applied_migrations", {}}));
  const auto version = static_cast<std::size_t>(applied.size());
  for (int i = 0; i < applied.size(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const std::string_view name = applied.Text(i, 1);
    if (at < migrations.size() && (applied.Integer(i, 0) != i + 1 || name != migrations[at].name)) {
      return base::FailedPrecondition(
          fmt::format("{}: its schema is another program's: migration {} is {}; name another "
                      "database",
                      connection.name(), applied.Integer(i, 0), name));
    }
  }
  if (version > migrations.size()) {
    return base::FailedPrecondition(fmt::format(
        "{}: its schema is version {} ({}), newer than the {} that this program knows; "
        "use the version of the program that wrote it, or a newer one",
        connection.name(), version, applied.Text(applied.size() - 1, 1), migrations.size()));
  }
  return version;
}

// 0 of a database without a schema.
Result<std::size_t> Version(Connection& connection, std::span<const SqlFile> migrations) {
  GC_ASSIGN_OR_RETURN(const Rows has, connection.RunOne({"has_migrations", {}}));
  if (has.Integer(0, 0) == 0) return std::size_t{0};
  return AppliedVersion(connection, migrations);
}

Result<void> ApplyMissing(Database& database, Connection& connection,
                          std::span<const SqlFile> migrations) {
  const auto wait = std::to_string(database.options().write_wait.count());
  std::vector<Call> begin;
  begin.push_back({"begin_write", {}});
  begin.push_back({"set_patience", Parameters().Text("0").Text(wait)});
  begin.push_back(
      {"take_lock", Parameters().Integer4(static_cast<std::int32_t>(WriteLock::kMigrations))});
  GC_ASSIGN_OR_RETURN(const std::vector<Rows> begun,
                      connection.Run(std::move(begin), database.options().write_wait));
  // Under the lock another process may have been here first. Whether the table is there must not be
  // asked by its name: the session may remember that it was not, until it takes a lock on a table.
  GC_ASSIGN_OR_RETURN(const Rows made, connection.RunOne({"make_migrations", {}}));
  GC_ASSIGN_OR_RETURN(const std::size_t version, AppliedVersion(connection, migrations));
  for (std::size_t i = version; i < migrations.size(); ++i) {
    GC_RETURN_IF_ERROR(connection.Execute(std::string(migrations[i].text), migrations[i].name));
    GC_ASSIGN_OR_RETURN(
        const Rows recorded,
        connection.RunOne(
            {"record_migration", Parameters()
                                     .Integer4(static_cast<std::int32_t>(i) + 1)
                                     .Text(migrations[i].name)
                                     .Time(database.clock().Now().time_since_epoch().count())}));
  }
  GC_ASSIGN_OR_RETURN(const Rows committed, connection.RunOne({"commit", {}}));
  return {};
}

}  // namespace

Result<void> Migrate(Database& database, std::span<const SqlFile> migrations) {
  GC_ASSIGN_OR_RETURN(Lease connection, database.Connect());
  GC_ASSIGN_OR_RETURN(const std::size_t version, Version(*connection, migrations));
  if (version == migrations.size()) return {};
  // A connection that is given back within a transaction is closed, which rolls back.
  return ApplyMissing(database, *connection, migrations);
}

}  // namespace geoclimate::store::postgres
