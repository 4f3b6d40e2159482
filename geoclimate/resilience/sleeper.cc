#include "geoclimate/resilience/sleeper.h"

#include "geoclimate/base/deadline.h"

namespace geoclimate::resilience {

bool ThreadSleeper::Sleep(std::chrono::nanoseconds time) {
  // A condition variable waits by the real clock, whatever the clock of the caller.
  const base::Deadline deadline = base::Deadline::After(base::SystemClock(), time);
  const base::MutexLock lock(mutex_);
  while (!stopped_) {
    if (!stopping_.WaitUntil(mutex_, deadline)) return !stopped_;
  }
  return false;
}

void ThreadSleeper::Stop() {
  const base::MutexLock lock(mutex_);
  stopped_ = true;
  stopping_.NotifyAll();
}

}  // namespace geoclimate::resilience
