#pragma once

#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// The steps of a write to a LocalBlobStore, in their order. A delete takes kLocked, kRenamed (the
// blob is gone from here on) and kFolderSynced.
enum class WriteStep {
  kLocked,
  kTemporaryMade,  // an empty file
  kBytesWritten,
  kFileSynced,
  kRenamed,       // the new blob is visible from here on
  kFolderSynced,  // and durable from here on
};

// Told after each step, before the store goes on: the place where a test ends the process, or makes
// the step fail by returning an error. Thread-safe.
class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  virtual base::Result<void> After(WriteStep step, std::string_view key) = 0;
};

}  // namespace geoclimate::blob
