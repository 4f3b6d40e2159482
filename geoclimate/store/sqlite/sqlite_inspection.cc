#include <fmt/format.h>

#include <memory>

#include "geoclimate/store/inspection.h"
#include "geoclimate/store/sqlite/connection.h"
#include "geoclimate/store/sqlite/embedded_sql.h"
#include "geoclimate/store/sqlite/migrations.h"

namespace geoclimate::store {

base::Result<SqliteInspection> InspectSqlite(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) {
    return base::NotFound(fmt::format("{} does not exist", path.string()));
  }
  sqlite::ConnectionOptions options;
  options.busy_timeout = std::chrono::milliseconds(2000);
  GC_ASSIGN_OR_RETURN(const std::unique_ptr<sqlite::Connection> connection,
                      sqlite::Connection::Open(path, options));
  GC_ASSIGN_OR_RETURN(const std::int64_t application,
                      connection->ReadNumber("PRAGMA application_id", "inspect"));
  GC_ASSIGN_OR_RETURN(const std::int64_t version,
                      connection->ReadNumber("PRAGMA user_version", "inspect"));
  return SqliteInspection{
      .is_ours = application == sqlite::kApplicationId || (application == 0 && version == 0),
      .migrations_known = sqlite::Migrations().size(),
      .migrations_applied = static_cast<std::size_t>(version)};
}

}  // namespace geoclimate::store
