#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/file_system.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::prediction_log {

// Batches that wait for the store, a file each, in a folder that outlives the process. What was
// kept is never taken back to make room: with `max_bytes` reached, new batches are not kept, so
// that the beginning of an outage is known and what has been promised stays.
//
// Several processes may share the folder: each writes files of its own and may replay all of them,
// which the store counts once. Thread-safe.
class SpillFolder {
 public:
  // Makes the folder where it is not there, and finds what others have left in it. `max_bytes`
  // counts files that were set aside too. `files` must outlive it.
  static base::Result<std::unique_ptr<SpillFolder>> Open(
      const std::filesystem::path& folder, std::uint64_t max_bytes,
      base::FileSystem& files = base::HostFileSystem());

  enum class Kept { kYes, kFull };
  // On the disk when it says kYes. Errors are those of the disk.
  base::Result<Kept> Keep(const store::PredictionBatch& batch) EXCLUDES(mutex_);

  // The oldest that waits, as far as it can be read.
  struct Found {
    std::string name;
    std::size_t predictions = 0;  // as the name says, for those that cannot be read
    base::Result<store::PredictionBatch> batch;
  };
  std::optional<Found> Oldest() EXCLUDES(mutex_);
  // It is in the store.
  base::Result<void> Remove(const std::string& name) EXCLUDES(mutex_);
  // It never will be: it is kept under the name that is given back, and not looked at again.
  std::string SetAside(const std::string& name) EXCLUDES(mutex_);

  bool empty() const EXCLUDES(mutex_);
  std::uint64_t bytes() const EXCLUDES(mutex_);
  const std::filesystem::path& path() const { return folder_; }

 private:
  SpillFolder(std::filesystem::path folder, std::uint64_t max_bytes, base::FileSystem& files)
      : folder_(std::move(folder)), max_bytes_(max_bytes), files_(files) {}

  base::Result<void> Scan() EXCLUDES(mutex_);
  base::Result<void> WriteFile(const std::string& name, std::string_view bytes) const;

  const std::filesystem::path folder_;
  const std::uint64_t max_bytes_;
  base::FileSystem& files_;
  mutable base::Mutex mutex_;
  // That wait, in the order of time, with their sizes.
  std::map<std::string, std::uint64_t> names_ GUARDED_BY(mutex_);
  std::uint64_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::prediction_log
