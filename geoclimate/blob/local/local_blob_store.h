#pragma once

#include <filesystem>
#include <memory>

#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/local/write_observer.h"

namespace geoclimate::blob {

// A BlobStore in a folder: the blob of key "a/b" is the file ROOT/a/b. A blob's version is the
// SHA-256 of its bytes.
//
// A write goes to a temporary file in ROOT/.tmp, which is synced, renamed onto its key, and made
// durable by syncing the folder. Conditional writes and deletes hold a lock file in ROOT/.lock
// meanwhile (flock, so that a killed process leaves no lock behind). Temporary files that a killed
// process left are removed by Open() once no process holds them.
class LocalBlobStore final : public BlobStore {
 public:
  // Makes the folder when there is none. `observer`, if not null, must outlive the store.
  static base::Result<std::unique_ptr<LocalBlobStore>> Open(std::filesystem::path root,
                                                            WriteObserver* observer = nullptr);
  ~LocalBlobStore() override;

  base::Result<Blob> Get(std::string_view key) const override;
  base::Result<bool> Exists(std::string_view key) const override;
  base::Result<std::string> Put(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                       std::string_view version) override;
  base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const override;
  base::Result<void> Delete(std::string_view key) override;

 private:
  LocalBlobStore(std::filesystem::path root, WriteObserver* observer);
  void Reached(WriteStep step, std::string_view key) const;

  std::filesystem::path root_;
  WriteObserver* observer_;
};

}  // namespace geoclimate::blob
