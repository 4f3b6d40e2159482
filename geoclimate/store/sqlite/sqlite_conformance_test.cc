#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <utility>

#include "geoclimate/store/issued_forecast_store_conformance.h"
#include "geoclimate/store/observation_store_conformance.h"
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
    GC_ASSIGN_OR_RETURN(SqliteStores stores, OpenSqliteStores(file_.path(), {}, clock));
    return std::move(stores.issued_forecasts);
  }

 private:
  SqliteFile file_;
};

std::unique_ptr<StorePlace> PlaceWithDefaults() {
  return std::make_unique<SqlitePlace>(SqliteOptions());
}

// Every few rows the batch is flushed, the log is copied back with nearly every commit, and no
// reader is kept.
std::unique_ptr<StorePlace> PlaceWithSmallLimits() {
  SqliteOptions options;
  options.write_buffer_rows = 7;
  options.write_cache_bytes = 65'536;
  options.checkpoint_bytes = 65'536;
  options.idle_readers = 0;
  return std::make_unique<SqlitePlace>(options);
}

std::unique_ptr<ForecastPlace> ForecastPlaceWithDefaults() {
  return std::make_unique<SqliteForecastPlace>();
}

INSTANTIATE_TEST_SUITE_P(Sqlite, ObservationStoreConformance, ::testing::Values(PlaceWithDefaults));
INSTANTIATE_TEST_SUITE_P(SqliteSmallLimits, ObservationStoreConformance,
                         ::testing::Values(PlaceWithSmallLimits));
INSTANTIATE_TEST_SUITE_P(Sqlite, IssuedForecastStoreConformance,
                         ::testing::Values(ForecastPlaceWithDefaults));

}  // namespace
}  // namespace geoclimate::store
