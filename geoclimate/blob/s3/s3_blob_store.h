#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/blob/blob_store.h"
#include "geoclimate/blob/s3/s3_client.h"

namespace geoclimate::blob {

// A BlobStore in a bucket of S3 or of a store that speaks its protocol and honours If-Match and
// If-None-Match of PutObject and CompleteMultipartUpload (Amazon S3 does since November 2024). The
// blob of key "a/b" is the object PREFIX/a/b, its version the object's ETag.
//
// Each object carries the SHA-256 of its bytes and the id of the write that made it, as metadata.
// By the first Get() tells damaged bytes (kDataLoss). By the second a write whose answer was lost
// finds out when it is tried again whether it was it that made the object: a conditional write is
// never reported as refused when it was done. Where another writer has replaced the object since,
// that cannot be told any more, and the error is kUnavailable.
//
// S3 itself lets both "a" and "a/b" be blobs; stores on a file system do not, as blob_store.h says.
//
// Thread-safe. Blocks for as long as the options of `client`, which outlives it, let it.
class S3BlobStore final : public BlobStore {
 public:
  // `writer` is one that no other process has had: a random number.
  S3BlobStore(const S3Client& client, std::uint64_t writer);

  base::Result<Blob> Get(std::string_view key) const override;
  base::Result<bool> Exists(std::string_view key) const override;
  base::Result<std::string> Put(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) override;
  base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                       std::string_view version) override;
  base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const override;
  base::Result<void> Delete(std::string_view key) override;
  // A bucket shows what is durable.
  base::Result<void> Sync(std::string_view key) override { return ValidateKey(key); }

 private:
  using Fields = std::vector<http_client::HeaderField>;
  base::Result<std::string> Write(std::string_view key, std::string_view bytes,
                                  const Fields& conditions);
  // The ETag of the object if the write of that id made it; kUnavailable when that is not known.
  base::Result<std::string> EtagIfWrittenBy(std::string_view key, std::string_view write) const;

  const S3Client& client_;
  const std::uint64_t writer_;
  std::atomic<std::uint64_t> next_write_{0};
};

}  // namespace geoclimate::blob
