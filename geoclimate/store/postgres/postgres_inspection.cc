#include <string>

#include "geoclimate/store/inspection.h"
#include "geoclimate/store/postgres/connection.h"
#include "geoclimate/store/postgres/embedded_sql.h"
#include "geoclimate/store/postgres/target.h"

namespace geoclimate::store {

base::Result<PostgresInspection> InspectPostgres(const PostgresOptions& options) {
  GC_ASSIGN_OR_RETURN(const postgres::Target target, postgres::Target::Parse(options.url));
  const auto deadline =
      base::Deadline::At(std::chrono::steady_clock::now() + options.pool.acquire_timeout);
  GC_ASSIGN_OR_RETURN(
      const std::unique_ptr<postgres::Connection> connection,
      postgres::Connection::Open(target, {.statement_timeout = options.query.statement_timeout},
                                 nullptr, deadline));
  GC_ASSIGN_OR_RETURN(const postgres::Rows rows, connection->RunOne({"inspect", {}}));
  PostgresInspection found;
  found.name = target.name();
  found.version = static_cast<int>(rows.Integer(0, 0));
  found.release = rows.Text(0, 1);
  found.max_connections = static_cast<int>(rows.Integer(0, 2));
  found.reserved_connections = static_cast<int>(rows.Integer(0, 3));
  found.other_sessions = static_cast<int>(rows.Integer(0, 4));
  found.encoding = rows.Text(0, 5);
  found.only_reads = rows.Integer(0, 6) != 0;
  found.may_create = rows.Integer(0, 7) != 0;
  found.closed_tables = rows.Text(0, 8);
  found.now = rows.Time(0, 9);
  found.migrations_known = postgres::Migrations().size();
  GC_ASSIGN_OR_RETURN(const postgres::Rows has, connection->RunOne({"has_migrations", {}}));
  if (has.Integer(0, 0) == 0) return found;
  const auto applied = connection->RunOne({"applied_migrations", {}});
  if (applied.ok()) {
    found.migrations_applied = static_cast<std::size_t>(applied->size());
  } else if (applied.error().code() != base::ErrorCode::kPermissionDenied) {
    // That a table is closed stands in closed_tables.
    return applied.error();
  }
  return found;
}

}  // namespace geoclimate::store
