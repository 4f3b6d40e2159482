#pragma once

#include <atomic>
#include <chrono>

namespace geoclimate::base {

// A moment of the wall clock, UTC.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
// A moment of the monotonic clock, for durations and deadlines.
using Instant = std::chrono::steady_clock::time_point;

// Where a module gets the time from, so that tests decide it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;
  virtual Instant MonotonicNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  Instant MonotonicNow() const override { return std::chrono::steady_clock::now(); }
};

// A clock that stands still until a test moves it.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Timestamp now) : now_(now) {}
  Timestamp Now() const override { return now_.load(); }
  Instant MonotonicNow() const override {
    return Instant(std::chrono::duration_cast<Instant::duration>(now_.load().time_since_epoch()));
  }
  void Advance(std::chrono::microseconds by) { now_.store(now_.load() + by); }

 private:
  std::atomic<Timestamp> now_;
};

}  // namespace geoclimate::base
