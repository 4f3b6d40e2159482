#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/file_system.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/observation_store.h"
#include "geoclimate/store/stores.h"

namespace geoclimate::store {

// None of these can change while the database is open.
struct SqliteOptions {
  // How long a write waits for another one, of this process or another, before kUnavailable.
  // Longer than the longest transaction: a minute holds some fifty million rows.
  std::chrono::milliseconds write_wait{60'000};
  // Rows that a writer gathers before it takes the write lock and flushes them in key order. More
  // is faster when the order of a file is not that of the keys; a row takes 40 bytes.
  std::size_t write_buffer_rows = 1 << 18;
  // The writing connection's page cache. Larger than the part of the database that a file touches
  // keeps an ingest from reading pages again. Readers need little.
  std::size_t write_cache_bytes = 64 << 20;
  // The log is copied into the database when it is this long. Larger makes a long ingest faster,
  // and the first open after a crash slower (50 ms per 16 MB).
  std::size_t checkpoint_bytes = 16 << 20;
  // Idle reading connections that are kept; one more is opened whenever all are busy, so a reader
  // never waits for another.
  std::size_t idle_readers = 4;

  base::Result<void> Validate() const;
};

// Opens the SQLite database at `path`, and makes it, its tables and its folder when they are not
// there. A database of an older version of the program is brought up to date, in one transaction.
// Any number of processes may have it open; one at a time writes. `clock` must outlive the stores.
// The folder is made in `files`; the database itself goes through SQLite's default VFS.
//
// Besides ObservationStore's errors: kFailedPrecondition when the database was written by a newer
// version of the program, or is another program's; kDataLoss when the file is no database.
base::Result<Stores> OpenSqliteStores(const std::filesystem::path& path,
                                      const SqliteOptions& options, const base::Clock& clock,
                                      base::FileSystem& files = base::HostFileSystem());

// The observations alone.
base::Result<std::unique_ptr<ObservationStore>> OpenSqliteStore(const std::filesystem::path& path,
                                                                const SqliteOptions& options,
                                                                const base::Clock& clock);

}  // namespace geoclimate::store
