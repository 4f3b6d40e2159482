#pragma once

#include <filesystem>
#include <memory>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/file_system.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/forecast/table_store.h"
#include "geoclimate/prediction_log/batch_writer.h"
#include "geoclimate/prediction_log/spill_folder.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/service/observations.h"
#include "geoclimate/service/site_directory.h"
#include "geoclimate/store/sqlite/sqlite_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::fault {

// What one process has open of an installation: the database, the storage and what works on them,
// as `geoclimate serve` composes them, with limits so small that every write spills, flushes,
// checkpoints and moves old history. For one thread.
struct Platform {
  static inline const std::filesystem::path kFolder = "/srv/platform";
  static inline const std::filesystem::path kDatabase = kFolder / "geoclimate.db";
  static inline const std::filesystem::path kStorage = kFolder / "storage";
  static inline const std::filesystem::path kSpill = kFolder / "prediction_log";

  // `files` and `clock` must outlive it; SQLite's files lie on the default VFS.
  static base::Result<std::unique_ptr<Platform>> Open(base::FileSystem& files,
                                                      base::FakeClock& clock);

  base::FileSystem* files = nullptr;
  base::FakeClock* clock = nullptr;
  store::Stores stores;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<forecast::TableStore> tables;
  std::unique_ptr<service::Sites> sites;
  std::unique_ptr<service::Observations> observations;
  telemetry::MetricRegistry metrics;
  std::unique_ptr<prediction_log::SpillFolder> spill;
  std::unique_ptr<prediction_log::BatchWriter> batch_writer;
};

}  // namespace geoclimate::fault
