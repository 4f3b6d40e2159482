#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "geoclimate/base/file_system.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/temporary_file.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/local/write_observer.h"

namespace geoclimate::blob {

// A BlobStore in a folder: the blob of key "a/b" is the file ROOT/a/b. A blob's version is the XXH3
// (128 bits) of its bytes.
//
// A write goes to a temporary file in ROOT/~tmp, which is synced, renamed onto its key, and made
// durable by syncing the folder. Writes and deletes hold one of the lock files in ROOT/~lock
// meanwhile (flock: a process that dies leaves no lock behind), so they wait for another write to
// the same key, or rarely to another one, to be done. Temporary files that a dead process left are
// removed by Open().
//
// ROOT must be on a file system with flock and atomic rename: any local one; NFS from version 4.
class LocalBlobStore final : public BlobStore {
 public:
  // Makes the folder when there is none. `observer`, if not null, and `files` must outlive the
  // store.
  static base::Result<std::unique_ptr<LocalBlobStore>> Open(
      const std::filesystem::path& root, WriteObserver* observer = nullptr,
      base::FileSystem& files = base::HostFileSystem());

  base::Result<Blob> Get(std::string_view key) const override;
  base::Result<bool> Exists(std::string_view key) const override;
  base::Result<std::string> Put(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                       std::string_view version) override;
  base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const override;
  base::Result<void> Delete(std::string_view key) override;
  base::Result<void> Sync(std::string_view key) override;

 private:
  class KeyLock;

  LocalBlobStore(std::filesystem::path root, WriteObserver* observer, base::FileSystem& files);
  base::Result<void> RemoveAbandoned() const;
  base::Result<std::unique_ptr<base::TemporaryFile>> MakeTemporary();
  base::Result<void> Reached(WriteStep step, std::string_view key) const;
  std::filesystem::path PathOf(std::string_view key) const;
  base::Result<void> SyncFolderOf(const std::filesystem::path& target);
  base::Result<void> MakeFolderOf(const std::filesystem::path& target) EXCLUDES(mutex_);
  base::Result<std::string> Replace(std::string_view key, std::string_view bytes);

  const std::filesystem::path root_;
  WriteObserver* const observer_;
  base::FileSystem& files_;
  base::Mutex mutex_;
  std::unordered_set<std::string> folders_ GUARDED_BY(mutex_);  // that are there, durably
  std::atomic<std::uint64_t> next_temporary_{0};
};

}  // namespace geoclimate::blob
