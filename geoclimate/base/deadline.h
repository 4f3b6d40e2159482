#pragma once

#include <algorithm>
#include <chrono>

#include "geoclimate/base/clock.h"

namespace geoclimate::base {

// The moment after which nobody waits for an answer any more. A value: copy it along with the work.
class Deadline {
 public:
  static Deadline Never() { return Deadline(Instant::max()); }
  static Deadline At(Instant at) { return Deadline(at); }
  static Deadline After(const Clock& clock, std::chrono::nanoseconds wait) {
    return Deadline(clock.MonotonicNow() + wait);
  }

  bool Expired(const Clock& clock) const { return clock.MonotonicNow() >= at_; }
  // Zero when it has passed.
  std::chrono::nanoseconds Remaining(const Clock& clock) const {
    if (at_ == Instant::max()) return std::chrono::nanoseconds::max();
    return std::max(std::chrono::nanoseconds::zero(),
                    std::chrono::nanoseconds(at_ - clock.MonotonicNow()));
  }
  Instant at() const { return at_; }
  Deadline EarlierOf(Deadline other) const { return Deadline(std::min(at_, other.at_)); }

 private:
  explicit Deadline(Instant at) : at_(at) {}
  Instant at_;
};

}  // namespace geoclimate::base
