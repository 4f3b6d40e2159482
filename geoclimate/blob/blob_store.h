#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// A blob's bytes and the version that names them for PutIfMatch(). Versions are opaque: equal
// versions mean equal bytes.
struct Blob {
  std::string bytes;
  std::string version;
};

struct BlobEntry {
  std::string key;
  std::uint64_t size = 0;
  // As Get() gives it, of a store that lists it; empty of others.
  std::string version = {};
};

// Named, whole, replaceable runs of bytes: models, forecast tables, backups. A directory by
// default, an S3 bucket in production.
//
// A key is one or more segments joined by '/', each of 1 to 200 characters of [A-Za-z0-9._-] and
// not "." or "..", at most 800 characters in all; any other key is kInvalidArgument. Where "a/b" is
// a blob "a" cannot be one: kFailedPrecondition.
//
// A reader sees a whole blob, the old or the new one, never a part. A successful write is durable:
// it survives the loss of power. After an error other than the ones named, either the old or the
// new blob is there. Listing shows what was complete when it ran.
//
// Thread-safe, and safe between processes that open the same store.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // kNotFound when there is none.
  virtual base::Result<Blob> Get(std::string_view key) const = 0;
  virtual base::Result<bool> Exists(std::string_view key) const = 0;

  // Creates or replaces; returns the new version.
  virtual base::Result<std::string> Put(std::string_view key, std::string_view bytes) = 0;
  // kAlreadyExists when the key has a blob; nothing is changed then.
  virtual base::Result<std::string> PutIfAbsent(std::string_view key, std::string_view bytes) = 0;
  // Replaces the blob only while its version is `version`; kAborted when it is another or gone, and
  // nothing is changed.
  virtual base::Result<std::string> PutIfMatch(std::string_view key, std::string_view bytes,
                                               std::string_view version) = 0;

  // Every blob whose key begins with `prefix` (any text, "" for all), in the order of the keys.
  virtual base::Result<std::vector<BlobEntry>> List(std::string_view prefix) const = 0;

  // Deleting what is not there succeeds.
  virtual base::Result<void> Delete(std::string_view key) = 0;

  // What was seen of the key before the call is durable after it, whoever wrote it: a write is seen
  // before it is durable, and its writer may die in between. For callers that answer "it is so
  // already" instead of writing. Any key, also one without a blob.
  virtual base::Result<void> Sync(std::string_view key) = 0;
};

// kInvalidArgument naming the key and the rule above that it breaks.
base::Result<void> ValidateKey(std::string_view key);

}  // namespace geoclimate::blob
