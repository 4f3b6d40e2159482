#include "geoclimate/blob/copying_blob_store.h"

#include <algorithm>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::blob {
namespace {

constexpr std::string_view kModule = "blob";

bool IsAway(const base::Error& error) {
  return error.code() == base::ErrorCode::kUnavailable ||
         error.code() == base::ErrorCode::kDeadlineExceeded;
}

}  // namespace

CopyingBlobStore::CopyingBlobStore(BlobStore& store, BlobStore& copy, CopyingOptions options)
    : store_(store), copy_(copy), options_(std::move(options)) {}

void CopyingBlobStore::EndStart() {
  {
    const base::MutexLock lock(mutex_);
    starting_ = false;
    if (failure_) return;
  }
  const auto there = copy_.List("");
  if (!there.ok()) return Complain(there.error());
  for (const BlobEntry& entry : *there) {
    const bool read = [&] {
      const base::MutexLock lock(mutex_);
      return kept_.contains(entry.key);
    }();
    if (!read) Forget(entry.key);
  }
}

bool CopyingBlobStore::answers_from_copy() const {
  return Failure().has_value();
}

std::optional<base::Error> CopyingBlobStore::Failure() const {
  const base::MutexLock lock(mutex_);
  return starting_ ? failure_ : std::nullopt;
}

bool CopyingBlobStore::TakesOver(const base::Error& error) const {
  if (!IsAway(error)) return false;
  const base::MutexLock lock(mutex_);
  if (!starting_) return false;
  if (!failure_) {
    base::Log(base::LogLevel::kWarning, kModule,
              "the store cannot be reached: starting from the copy of what was read last",
              {{"error", error.ToString()}});
    failure_ = error;
  }
  return true;
}

base::Result<Blob> CopyingBlobStore::Get(std::string_view key) const {
  std::optional<base::Error> failure = Failure();
  if (!failure) {
    base::Result<Blob> blob = store_.Get(key);
    if (blob.ok()) {
      Keep(key, *blob);
      return blob;
    }
    if (blob.error().code() == base::ErrorCode::kNotFound) Forget(key);
    if (!TakesOver(blob.error())) return blob;
    failure = blob.error();
  }
  base::Result<Blob> kept = copy_.Get(key);
  if (kept.ok() || kept.error().code() != base::ErrorCode::kNotFound) return kept;
  return *std::move(failure);
}

base::Result<bool> CopyingBlobStore::Exists(std::string_view key) const {
  std::optional<base::Error> failure = Failure();
  if (!failure) {
    base::Result<bool> exists = store_.Exists(key);
    if (exists.ok() || !TakesOver(exists.error())) return exists;
    failure = exists.error();
  }
  base::Result<bool> kept = copy_.Exists(key);
  if (!kept.ok() || *kept) return kept;
  return *std::move(failure);
}

base::Result<std::vector<BlobEntry>> CopyingBlobStore::List(std::string_view prefix) const {
  std::optional<base::Error> failure = Failure();
  if (!failure) {
    base::Result<std::vector<BlobEntry>> entries = store_.List(prefix);
    if (entries.ok() || !TakesOver(entries.error())) return entries;
    failure = entries.error();
  }
  base::Result<std::vector<BlobEntry>> kept = copy_.List(prefix);
  // Nothing is kept of a store that was never read; that it is empty nobody knows.
  if (kept.ok() && kept->empty()) return *std::move(failure);
  return kept;
}

base::Result<std::string> CopyingBlobStore::Put(std::string_view key, std::string_view bytes) {
  return store_.Put(key, bytes);
}

base::Result<std::string> CopyingBlobStore::PutIfAbsent(std::string_view key,
                                                        std::string_view bytes) {
  return store_.PutIfAbsent(key, bytes);
}

base::Result<std::string> CopyingBlobStore::PutIfMatch(std::string_view key, std::string_view bytes,
                                                       std::string_view version) {
  return store_.PutIfMatch(key, bytes, version);
}

base::Result<void> CopyingBlobStore::Delete(std::string_view key) {
  return store_.Delete(key);
}

base::Result<void> CopyingBlobStore::Sync(std::string_view key) {
  return store_.Sync(key);
}

void CopyingBlobStore::Keep(std::string_view key, const Blob& blob) const {
  {
    const base::MutexLock lock(mutex_);
    const auto found = kept_.find(key);
    if (found != kept_.end() && found->second.version == blob.version) return;
  }
  // What lies there from an earlier run need not be written again.
  const base::Result<Blob> before = copy_.Get(key);
  if (!before.ok() || before->bytes != blob.bytes) {
    const auto put = copy_.Put(key, blob.bytes);
    if (!put.ok()) return Complain(put.error());
  }
  {
    const base::MutexLock lock(mutex_);
    kept_.insert_or_assign(std::string(key), Kept{blob.version, ++turn_});
  }
  KeepToLimits(key);
}

void CopyingBlobStore::Forget(std::string_view key) const {
  {
    const base::MutexLock lock(mutex_);
    const auto found = kept_.find(key);
    if (found != kept_.end()) kept_.erase(found);
  }
  const auto deleted = copy_.Delete(key);
  if (!deleted.ok()) Complain(deleted.error());
}

void CopyingBlobStore::KeepToLimits(std::string_view key) const {
  for (const CopyingOptions::Limit& limit : options_.limits) {
    if (!key.starts_with(limit.prefix)) continue;
    std::vector<std::pair<std::uint64_t, std::string>> below;
    {
      const base::MutexLock lock(mutex_);
      for (auto at = kept_.lower_bound(limit.prefix);
           at != kept_.end() && at->first.starts_with(limit.prefix); ++at) {
        below.emplace_back(at->second.turn, at->first);
      }
    }
    std::ranges::sort(below);
    for (std::size_t i = 0; i + limit.blobs < below.size(); ++i) Forget(below[i].second);
  }
}

void CopyingBlobStore::Complain(const base::Error& error) const {
  const base::MutexLock lock(mutex_);
  if (std::exchange(complained_, true)) return;
  base::Log(base::LogLevel::kWarning, kModule,
            "the copy of what is read cannot be kept: without the store no start is possible",
            {{"error", error.ToString()}});
}

}  // namespace geoclimate::blob
