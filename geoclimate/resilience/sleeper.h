#pragma once

#include <chrono>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"

namespace geoclimate::resilience {

// Where a thread waits before it tries again, so that tests do not wait and a program that ends
// does not either. Thread-safe.
class Sleeper {
 public:
  virtual ~Sleeper() = default;
  // False when it was woken early for good: give up.
  [[nodiscard]] virtual bool Sleep(std::chrono::nanoseconds time) = 0;
};

// Sleeps for real until Stop(), after which no Sleep() waits any more.
class ThreadSleeper final : public Sleeper {
 public:
  bool Sleep(std::chrono::nanoseconds time) override;
  void Stop();

 private:
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stopped_ GUARDED_BY(mutex_) = false;
};

}  // namespace geoclimate::resilience
