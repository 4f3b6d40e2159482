// The conformance suites on each store: in one source, because a suite is defined once a program.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "geoclimate/store/alert_store_conformance.h"
#include "geoclimate/store/api_key_store_conformance.h"
#include "geoclimate/store/audit_store_conformance.h"
#include "geoclimate/store/issued_forecast_store_conformance.h"
#include "geoclimate/store/observation_store_conformance.h"
#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/store/postgres/testing/postgres_server.h"
#include "geoclimate/store/prediction_log_store_conformance.h"
#include "geoclimate/store/skill_store_conformance.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/sqlite/temporary_folder.h"

namespace geoclimate::store {
namespace {

// The file itself is held against what SQLite can check.
void CheckFile(const std::string& path) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  std::string found;
  const auto collect = [](void* into, int columns, char** values, char**) {
    for (int i = 0; i < columns; ++i) {
      *static_cast<std::string*>(into) += std::string(values[i] ? values[i] : "null") + " ";
    }
    return 0;
  };
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA integrity_check", collect, &found, nullptr), SQLITE_OK);
  EXPECT_EQ(found, "ok ");
  found.clear();
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA foreign_key_check", collect, &found, nullptr), SQLITE_OK);
  EXPECT_EQ(found, "");
  sqlite3_close(db);
}

struct SqliteFile {
  ~SqliteFile() { CheckFile(path()); }
  std::string path() const { return folder / "geoclimate.db"; }

  sqlite::TemporaryFolder folder;
};

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(const SqliteOptions& options) : options_(options) {}
  base::Result<std::unique_ptr<ObservationStore>> Open(const base::Clock& clock) override {
    return OpenSqliteStore(file_.path(), options_, clock);
  }

 private:
  SqliteFile file_;
  SqliteOptions options_;
};

class SqliteForecastPlace final : public ForecastPlace {
 public:
  base::Result<std::unique_ptr<IssuedForecastStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.issued_forecasts);
  }

 private:
  SqliteFile file_;
};

class SqliteApiKeyPlace final : public ApiKeyPlace {
 public:
  base::Result<std::unique_ptr<ApiKeyStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.api_keys);
  }

 private:
  SqliteFile file_;
};

class SqliteAuditPlace final : public AuditPlace {
 public:
  base::Result<std::unique_ptr<AuditStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.audit);
  }

 private:
  SqliteFile file_;
};

class SqlitePredictionLogPlace final : public PredictionLogPlace {
 public:
  base::Result<std::unique_ptr<PredictionLogStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.prediction_log);
  }

 private:
  SqliteFile file_;
};

class SqliteAlertPlace final : public AlertPlace {
 public:
  base::Result<std::unique_ptr<AlertStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.alerts);
  }

 private:
  SqliteFile file_;
};

class SqliteSkillPlace final : public SkillPlace {
 public:
  base::Result<std::unique_ptr<SkillStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.skill);
  }

 private:
  SqliteFile file_;
};

std::unique_ptr<AlertPlace> SqliteAlerts() {
  return std::make_unique<SqliteAlertPlace>();
}

std::unique_ptr<ApiKeyPlace> SqliteApiKeys() {
  return std::make_unique<SqliteApiKeyPlace>();
}

std::unique_ptr<AuditPlace> SqliteAudits() {
  return std::make_unique<SqliteAuditPlace>();
}

// Whoever opens the file by other means is held to it too.
TEST(SqliteAudit, RecordsAreNeitherChangedNorRemoved) {
  SqliteFile file;
  const base::FakeClock clock{base::Timestamp(std::chrono::hours(1))};
  const auto stores = OpenSqliteStores(file.path(), {}, clock);
  ASSERT_TRUE(stores.ok());
  ASSERT_TRUE(stores->audit->Append({}).ok());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.path().c_str(), &db), SQLITE_OK);
  for (const char* const sql : {"DELETE FROM audit", "UPDATE audit SET actor = 'nobody'"}) {
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_CONSTRAINT) << sql;
  }
  sqlite3_close(db);
  EXPECT_EQ(stores->audit->List({})->size(), 1U);
}

std::unique_ptr<StorePlace> SqliteWithDefaults() {
  return std::make_unique<SqlitePlace>(SqliteOptions());
}

// Every few rows the batch is flushed, the log is copied back with nearly every commit, and no
// reader is kept.
std::unique_ptr<StorePlace> SqliteWithSmallLimits() {
  SqliteOptions options;
  options.write_buffer_rows = 7;
  options.write_cache_bytes = 65'536;
  options.checkpoint_bytes = 65'536;
  options.idle_readers = 0;
  return std::make_unique<SqlitePlace>(options);
}

std::unique_ptr<ForecastPlace> SqliteForecasts() {
  return std::make_unique<SqliteForecastPlace>();
}

class PostgresPlace final : public StorePlace {
 public:
  explicit PostgresPlace(const PostgresOptions& options) : options_(options) {
    options_.url = database_.url();
  }
  base::Result<std::unique_ptr<ObservationStore>> Open(const base::Clock& clock) override {
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options_, clock));
    return std::move(stores.observations);
  }

 private:
  postgres::TestDatabase database_;
  PostgresOptions options_;
};

class PostgresForecastPlace final : public ForecastPlace {
 public:
  base::Result<std::unique_ptr<IssuedForecastStore>> Open(const base::Clock& clock) override {
    PostgresOptions options;
    options.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options, clock));
    return std::move(stores.issued_forecasts);
  }

 private:
  postgres::TestDatabase database_;
};

class PostgresPredictionLogPlace final : public PredictionLogPlace {
 public:
  base::Result<std::unique_ptr<PredictionLogStore>> Open(const base::Clock& clock) override {
    PostgresOptions options;
    options.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options, clock));
    return std::move(stores.prediction_log);
  }

 private:
  postgres::TestDatabase database_;
};

class PostgresAlertPlace final : public AlertPlace {
 public:
  base::Result<std::unique_ptr<AlertStore>> Open(const base::Clock& clock) override {
    PostgresOptions options;
    options.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options, clock));
    return std::move(stores.alerts);
  }

 private:
  postgres::TestDatabase database_;
};

class PostgresSkillPlace final : public SkillPlace {
 public:
  base::Result<std::unique_ptr<SkillStore>> Open(const base::Clock& clock) override {
    PostgresOptions options;
    options.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options, clock));
    return std::move(stores.skill);
  }

 private:
  postgres::TestDatabase database_;
};

std::unique_ptr<AlertPlace> PostgresAlerts() {
  return std::make_unique<PostgresAlertPlace>();
}

std::unique_ptr<StorePlace> PostgresWithDefaults() {
  return std::make_unique<PostgresPlace>(PostgresOptions());
}

// Every few rows the batch is flushed, no connection lies idle for long, and nothing is prepared,
// as behind a pooler.
std::unique_ptr<StorePlace> PostgresWithSmallLimits() {
  PostgresOptions options;
  options.query.bulk_batch_rows = 7;
  options.query.prepared_statements = false;
  options.pool.min_size = 0;
  options.pool.max_size = 3;
  options.pool.idle_limit = std::chrono::seconds(0);
  options.pool.health_check_interval = std::chrono::seconds(1);
  return std::make_unique<PostgresPlace>(options);
}

// With the defaults, and with nothing prepared, as behind a pooler.
class PostgresApiKeyPlace final : public ApiKeyPlace {
 public:
  explicit PostgresApiKeyPlace(bool prepared) { options_.query.prepared_statements = prepared; }
  base::Result<std::unique_ptr<ApiKeyStore>> Open(const base::Clock& clock) override {
    options_.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options_, clock));
    return std::move(stores.api_keys);
  }

 private:
  postgres::TestDatabase database_;
  PostgresOptions options_;
};

class PostgresAuditPlace final : public AuditPlace {
 public:
  base::Result<std::unique_ptr<AuditStore>> Open(const base::Clock& clock) override {
    PostgresOptions options;
    options.url = database_.url();
    GC_ASSIGN_OR_RETURN(Stores stores, OpenPostgresStores(options, clock));
    return std::move(stores.audit);
  }

 private:
  postgres::TestDatabase database_;
};

// Whoever connects by other means is held to it too.
TEST(PostgresAudit, RecordsAreNeitherChangedNorRemoved) {
  const postgres::TestDatabase database;
  const base::FakeClock clock{base::Timestamp(std::chrono::hours(1))};
  PostgresOptions options;
  options.url = database.url();
  const auto stores = OpenPostgresStores(options, clock);
  ASSERT_TRUE(stores.ok());
  ASSERT_TRUE(stores->audit->Append({}).ok());
  for (const char* const sql :
       {"DELETE FROM audit", "UPDATE audit SET actor = 'nobody'", "TRUNCATE audit"}) {
    database.Execute(
        fmt::format("DO $$ BEGIN {}; RAISE 'it was done'; EXCEPTION WHEN OTHERS THEN"
                    " IF SQLERRM <> 'the audit is only added to' THEN RAISE; END IF;"
                    " END $$",
                    sql));
  }
  EXPECT_EQ(stores->audit->List({})->size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Postgres, ApiKeyStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<ApiKeyPlace>(new PostgresApiKeyPlace(true));
                         }));
INSTANTIATE_TEST_SUITE_P(PostgresUnprepared, ApiKeyStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<ApiKeyPlace>(new PostgresApiKeyPlace(false));
                         }));
INSTANTIATE_TEST_SUITE_P(Postgres, AuditStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<AuditPlace>(new PostgresAuditPlace());
                         }));

INSTANTIATE_TEST_SUITE_P(Postgres, ObservationStoreConformance,
                         ::testing::Values(PostgresWithDefaults));
INSTANTIATE_TEST_SUITE_P(Postgres, IssuedForecastStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<ForecastPlace>(new PostgresForecastPlace());
                         }));
INSTANTIATE_TEST_SUITE_P(PostgresSmallLimits, ObservationStoreConformance,
                         ::testing::Values(PostgresWithSmallLimits));

INSTANTIATE_TEST_SUITE_P(Sqlite, ObservationStoreConformance,
                         ::testing::Values(SqliteWithDefaults));
INSTANTIATE_TEST_SUITE_P(SqliteSmallLimits, ObservationStoreConformance,
                         ::testing::Values(SqliteWithSmallLimits));
INSTANTIATE_TEST_SUITE_P(Sqlite, IssuedForecastStoreConformance,
                         ::testing::Values(SqliteForecasts));

INSTANTIATE_TEST_SUITE_P(Sqlite, PredictionLogStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<PredictionLogPlace>(
                               new SqlitePredictionLogPlace());
                         }));
INSTANTIATE_TEST_SUITE_P(Postgres, PredictionLogStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<PredictionLogPlace>(
                               new PostgresPredictionLogPlace());
                         }));

INSTANTIATE_TEST_SUITE_P(Postgres, AlertStoreConformance, ::testing::Values(PostgresAlerts));
INSTANTIATE_TEST_SUITE_P(Sqlite, AlertStoreConformance, ::testing::Values(SqliteAlerts));
INSTANTIATE_TEST_SUITE_P(Sqlite, SkillStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<SkillPlace>(new SqliteSkillPlace());
                         }));
INSTANTIATE_TEST_SUITE_P(Postgres, SkillStoreConformance, ::testing::Values([] {
                           return std::unique_ptr<SkillPlace>(new PostgresSkillPlace());
                         }));

INSTANTIATE_TEST_SUITE_P(Sqlite, ApiKeyStoreConformance, ::testing::Values(SqliteApiKeys));
INSTANTIATE_TEST_SUITE_P(Sqlite, AuditStoreConformance, ::testing::Values(SqliteAudits));

}  // namespace
}  // namespace geoclimate::store
