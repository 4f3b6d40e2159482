#pragma once

#include <filesystem>
#include <memory>

#include "apps/geoclimate/settings.h"
#include "apps/geoclimate/verbs.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/resilience/breaker_panel.h"
#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/store/stores.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::app {

// The settings of a verb: --config with the environment over it.
base::Result<Settings> SettingsOf(const GlobalOptions& options);

// Where models and forecast tables lie, open: a folder or a bucket.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual blob::BlobStore& blobs() = 0;
  // Models and tables have been read: from now on what cannot be read is not there, instead of what
  // was kept of it (CopyingBlobStore). Once.
  virtual void EndStart() {}
  // What waits for a bucket ends, and what comes after fails: kCancelled. For the end of a program.
  virtual void Stop() {}
};

// What an open storage is watched by. All of it outlives the storage.
struct StorageWatch {
  const base::Clock& clock;
  telemetry::MetricRegistry& metrics;
  // Where a bucket has its breaker, `storage`.
  resilience::BreakerPanel& breakers;
  // Where what is read of a bucket is kept, for a start without it. Empty: nowhere.
  std::filesystem::path copy = {};
};

// storage.url, else the data directory. Does not ask a bucket yet. kFailedPrecondition when there
// are no credentials for one, naming where they were looked for.
base::Result<std::unique_ptr<Storage>> OpenStorage(const Settings& settings,
                                                   const std::filesystem::path& data_dir,
                                                   const StorageWatch& watch);
// For a verb that nobody watches.
base::Result<std::unique_ptr<Storage>> OpenStorage(const Settings& settings,
                                                   const GlobalOptions& options);

// Where observations, forecasts, predictions, keys, the audit and alerts live: PostgreSQL where the
// settings name one, else SQLite in the data directory.
using Stores = store::Stores;
// `clock` and what is around PostgreSQL outlive the stores. `sqlite`: how, where it is SQLite.
base::Result<Stores> OpenStores(const Settings& settings, const std::filesystem::path& data_dir,
                                const base::Clock& clock,
                                const store::PostgresSurroundings& around = {},
                                const store::SqliteOptions& sqlite = {});

}  // namespace geoclimate::app
