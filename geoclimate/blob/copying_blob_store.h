#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/blob/blob_store.h"

namespace geoclimate::blob {

struct CopyingOptions {
  // Below this prefix only so many blobs are kept in the copy, those that were read last: for what
  // is written again and again under new keys.
  struct Limit {
    std::string prefix;
    std::size_t blobs = 0;
  };
  std::vector<Limit> limits = {};
};

// Another store, far away, with a copy at hand of what is read of it, so that a program can start
// from what it had while the store cannot be reached.
//
//   CopyingBlobStore blobs(bucket, folder);
//   ... start: read what is needed; from the copy once the bucket has failed ...
//   blobs.EndStart();
//   ... from here on the bucket's own answers, failures too ...
//
// During the start the first failure to reach the store (kUnavailable, kDeadlineExceeded) makes the
// copy answer in its place to the end of the start: a program that starts waits once, not for each
// blob. A blob that the copy does not have is the store's failure then, not kNotFound. Writes go to
// the store alone, always.
//
// What is read is put into the copy by the way. A copy that cannot be written is told of once in
// the log and hurts nobody. Two processes may share one.
//
// Thread-safe. Both stores outlive it. EndStart() only once.
class CopyingBlobStore final : public BlobStore {
 public:
  CopyingBlobStore(BlobStore& store, BlobStore& copy, CopyingOptions options = {});

  // After a start that the store answered for, the copy forgets what the start did not read.
  void EndStart() EXCLUDES(mutex_);
  // Whether the copy has answered in place of the store: only during the start.
  bool answers_from_copy() const EXCLUDES(mutex_);

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
  // The failure in whose place the copy answers now; nothing while the store is asked.
  std::optional<base::Error> Failure() const EXCLUDES(mutex_);
  bool TakesOver(const base::Error& error) const EXCLUDES(mutex_);
  void Keep(std::string_view key, const Blob& blob) const EXCLUDES(mutex_);
  void Forget(std::string_view key) const EXCLUDES(mutex_);
  void KeepToLimits(std::string_view key) const EXCLUDES(mutex_);
  void Complain(const base::Error& error) const EXCLUDES(mutex_);

  BlobStore& store_;
  BlobStore& copy_;
  const CopyingOptions options_;

  mutable base::Mutex mutex_;  // not held while a store is asked
  mutable bool starting_ GUARDED_BY(mutex_) = true;
  mutable std::optional<base::Error> failure_ GUARDED_BY(mutex_);
  mutable bool complained_ GUARDED_BY(mutex_) = false;
  // Of what has been read and lies in the copy: the version there, and how late it was read.
  struct Kept {
    std::string version;
    std::uint64_t turn = 0;
  };
  mutable std::map<std::string, Kept, std::less<>> kept_ GUARDED_BY(mutex_);
  mutable std::uint64_t turn_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::blob
