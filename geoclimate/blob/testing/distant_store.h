#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/blob/blob_store.h"

namespace geoclimate::blob {

// Another store, which outlives it, as if it were far: it can be away, counts what is asked of it,
// and may list the versions of its blobs, as a bucket does.
class DistantStore final : public BlobStore {
 public:
  explicit DistantStore(BlobStore& store) : store_(store) {}
  std::atomic<bool> away = false;
  // Away for those keys alone; empty: for none.
  std::string away_below;
  bool lists_versions = false;
  mutable std::atomic<int> asked = 0;
  mutable std::atomic<int> read = 0;  // blobs

  base::Result<Blob> Get(std::string_view key) const override {
    GC_RETURN_IF_ERROR(Reach());
    if (!away_below.empty() && key.starts_with(away_below)) return base::Unavailable("away");
    ++read;
    return store_.Get(key);
  }
  base::Result<bool> Exists(std::string_view key) const override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.Exists(key);
  }
  base::Result<std::string> Put(std::string_view key, std::string_view bytes) override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.Put(key, bytes);
  }
  base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.PutIfAbsent(key, bytes);
  }
  base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                       std::string_view version) override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.PutIfMatch(key, bytes, version);
  }
  base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const override {
    GC_RETURN_IF_ERROR(Reach());
    GC_ASSIGN_OR_RETURN(std::vector<BlobEntry> entries, store_.List(prefix));
    for (BlobEntry& entry : entries) {
      if (!lists_versions) break;
      GC_ASSIGN_OR_RETURN(Blob blob, store_.Get(entry.key));
      entry.version = std::move(blob.version);
    }
    return entries;
  }
  base::Result<void> Delete(std::string_view key) override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.Delete(key);
  }
  base::Result<void> Sync(std::string_view key) override {
    GC_RETURN_IF_ERROR(Reach());
    return store_.Sync(key);
  }

 private:
  base::Result<void> Reach() const {
    ++asked;
    if (away) return base::Unavailable("the bucket is away");
    return {};
  }

  BlobStore& store_;
};

}  // namespace geoclimate::blob
