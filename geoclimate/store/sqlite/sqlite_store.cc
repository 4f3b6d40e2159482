#include "geoclimate/store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/store/sqlite/database.h"
#include "geoclimate/store/sqlite/sqlite_alert_store.h"
#include "geoclimate/store/sqlite/sqlite_api_key_store.h"
#include "geoclimate/store/sqlite/sqlite_audit_store.h"
#include "geoclimate/store/sqlite/sqlite_issued_forecast_store.h"
#include "geoclimate/store/sqlite/sqlite_observation_store.h"
#include "geoclimate/store/sqlite/sqlite_prediction_log_store.h"
#include "geoclimate/store/sqlite/sqlite_skill_store.h"

namespace geoclimate::store {
namespace {

constexpr std::size_t kMaxCacheBytes = std::size_t{1} << 40;

}  // namespace

base::Result<void> SqliteOptions::Validate() const {
  if (write_wait.count() < 0 || write_wait > std::chrono::hours(24)) {
    return base::InvalidArgument(
        fmt::format("write_wait is 0 to 24 hours, not {} ms", write_wait.count()));
  }
  if (write_buffer_rows == 0) return base::InvalidArgument("write_buffer_rows is at least 1");
  for (const std::size_t bytes : {write_cache_bytes, checkpoint_bytes}) {
    if (bytes > kMaxCacheBytes) {
      return base::InvalidArgument(fmt::format("{} bytes are more than 1 TiB", bytes));
    }
  }
  if (checkpoint_bytes < 65'536) {
    return base::InvalidArgument(
        fmt::format("checkpoint_bytes is at least 65536, not {}", checkpoint_bytes));
  }
  return {};
}

base::Result<Stores> OpenSqliteStores(const std::filesystem::path& path,
                                      const SqliteOptions& options, const base::Clock& clock,
                                      base::FileSystem& files) {
  GC_ASSIGN_OR_RETURN(std::shared_ptr<sqlite::Database> database,
                      sqlite::Database::Open(path, options, clock, files));
  Stores stores;
  stores.observations = std::make_unique<sqlite::SqliteObservationStore>(database);
  stores.issued_forecasts = std::make_unique<sqlite::SqliteIssuedForecastStore>(database);
  stores.api_keys = std::make_unique<sqlite::SqliteApiKeyStore>(database);
  stores.audit = std::make_unique<sqlite::SqliteAuditStore>(database);
  stores.prediction_log = std::make_unique<sqlite::SqlitePredictionLogStore>(database);
  stores.alerts = std::make_unique<sqlite::SqliteAlertStore>(database);
  stores.skill = std::make_unique<sqlite::SqliteSkillStore>(std::move(database));
  return stores;
}

base::Result<std::unique_ptr<ObservationStore>> OpenSqliteStore(const std::filesystem::path& path,
                                                                const SqliteOptions& options,
                                                                const base::Clock& clock) {
  GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(path, options, clock));
  return std::move(stores.observations);
}

}  // namespace geoclimate::store
