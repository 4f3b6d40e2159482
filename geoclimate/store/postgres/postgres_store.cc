#include "geoclimate/store/postgres/postgres_store.h"

#include <fmt/format.h>

#include <utility>

#include "geoclimate/store/postgres/database.h"
#include "geoclimate/store/postgres/postgres_alert_store.h"
#include "geoclimate/store/postgres/postgres_api_key_store.h"
#include "geoclimate/store/postgres/postgres_audit_store.h"
#include "geoclimate/store/postgres/postgres_issued_forecast_store.h"
#include "geoclimate/store/postgres/postgres_observation_store.h"
#include "geoclimate/store/postgres/postgres_prediction_log_store.h"
#include "geoclimate/store/postgres/postgres_skill_store.h"

namespace geoclimate::store {
namespace {

using std::chrono::milliseconds;

base::Result<void> CheckTime(const char* name, milliseconds time, milliseconds least) {
  if (time >= least && time <= std::chrono::hours(24)) return {};
  return base::InvalidArgument(
      fmt::format("{} is {} ms to 24 hours, not {} ms", name, least.count(), time.count()));
}

}  // namespace

base::Result<void> PostgresOptions::Validate() const {
  if (pool.max_size < 1 || pool.max_size > 1000 || pool.min_size > pool.max_size) {
    return base::InvalidArgument(
        fmt::format("pool.max_size is 1 to 1000 and not below pool.min_size, not {} and {}",
                    pool.max_size, pool.min_size));
  }
  if (query.bulk_batch_rows == 0) return base::InvalidArgument("bulk_batch_rows is at least 1");
  GC_RETURN_IF_ERROR(CheckTime("acquire_timeout", pool.acquire_timeout, milliseconds(1)));
  GC_RETURN_IF_ERROR(CheckTime("idle_limit", pool.idle_limit, milliseconds(0)));
  GC_RETURN_IF_ERROR(
      CheckTime("health_check_interval", pool.health_check_interval, milliseconds(1)));
  GC_RETURN_IF_ERROR(CheckTime("slow_after", query.slow_after, milliseconds(0)));
  GC_RETURN_IF_ERROR(CheckTime("statement_timeout", query.statement_timeout, milliseconds(0)));
  return CheckTime("write_wait", write_wait, milliseconds(1));
}

base::Result<Stores> OpenPostgresStores(const PostgresOptions& options, const base::Clock& clock,
                                        const PostgresSurroundings& around) {
  GC_ASSIGN_OR_RETURN(std::shared_ptr<postgres::Database> database,
                      postgres::Database::Open(options, clock, around));
  Stores stores;
  stores.observations = std::make_unique<postgres::PostgresObservationStore>(database);
  stores.issued_forecasts = std::make_unique<postgres::PostgresIssuedForecastStore>(database);
  stores.api_keys = std::make_unique<postgres::PostgresApiKeyStore>(database);
  stores.audit = std::make_unique<postgres::PostgresAuditStore>(database);
  stores.prediction_log = std::make_unique<postgres::PostgresPredictionLogStore>(database);
  stores.alerts = std::make_unique<postgres::PostgresAlertStore>(database);
  stores.skill = std::make_unique<postgres::PostgresSkillStore>(std::move(database));
  return stores;
}

}  // namespace geoclimate::store
