#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "geoclimate/base/clock.h"

namespace geoclimate::resilience {

enum class CallOutcome : std::uint8_t {
  kSucceeded,
  kSlow,  // succeeded, but took too long
  kFailed,
  kFailedSlow,  // failed, and took too long
};

inline bool IsFailure(CallOutcome outcome) {
  return outcome == CallOutcome::kFailed || outcome == CallOutcome::kFailedSlow;
}
inline bool IsSlow(CallOutcome outcome) {
  return outcome == CallOutcome::kSlow || outcome == CallOutcome::kFailedSlow;
}

struct CallCounts {
  std::uint32_t calls = 0;
  std::uint32_t failed = 0;
  std::uint32_t slow = 0;
};

// The outcomes of the latest calls. All methods are thread-safe and take no lock; counts that are
// read while other threads record may lack what these are about to add, and what is recorded during
// Clear() may or may not be forgotten with the rest.
class CallWindow {
 public:
  virtual ~CallWindow() = default;
  virtual void Record(CallOutcome outcome, base::Instant now) = 0;
  virtual CallCounts Counts(base::Instant now) const = 0;
  virtual void Clear(base::Instant now) = 0;
  // Whether Record() looks at `now`; where it does not, the caller saves the reading of the clock.
  virtual bool NeedsTime() const = 0;
};

// The latest `calls` calls, 1 to 1 000 000, one byte each.
std::unique_ptr<CallWindow> MakeCountWindow(std::uint32_t calls);

// The calls of the latest `span`, at least one second: tenths of it, which pass as wholes, so
// between 0.9 and 1.0 of `span`.
std::unique_ptr<CallWindow> MakeTimeWindow(std::chrono::nanoseconds span, base::Instant now);

}  // namespace geoclimate::resilience
