#pragma once

#include <string_view>

namespace geoclimate::blob {

// The steps of a write to a LocalBlobStore, in their order.
enum class WriteStep {
  kLocked,         // holds the key's lock (conditional writes)
  kTemporaryMade,  // an empty file beside the target
  kBytesWritten,
  kFileSynced,
  kRenamed,       // the new blob is visible from here on
  kFolderSynced,  // and durable from here on
};

// Told before the store goes on from each step; the place where a crash test ends the process.
// Thread-safe.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  virtual void After(WriteStep step, std::string_view key) = 0;
};

}  // namespace geoclimate::blob
