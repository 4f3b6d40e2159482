#pragma once

#include <condition_variable>
#include <mutex>

#include "geoclimate/base/deadline.h"

// Clang's thread-safety attributes (clang.llvm.org/docs/ThreadSafetyAnalysis.html); nothing to
// other compilers. The lint preset compiles with -Werror=thread-safety.
#if defined(__clang__)
#define GC_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define GC_THREAD_ATTRIBUTE(x)
#endif
#define GUARDED_BY(x) GC_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES(...) GC_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES(...) GC_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace geoclimate::base {

// std::mutex with the attributes that let the compiler check who holds it.
class GC_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void Lock() GC_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void Unlock() GC_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  bool TryLock() GC_THREAD_ATTRIBUTE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

class GC_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) GC_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.Lock();
  }
  ~MutexLock() GC_THREAD_ATTRIBUTE(release_capability()) { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits with a Mutex. Every wait takes a Deadline and may return early: test the condition in a
// loop.
class CondVar {
 public:
  // False when the deadline passed.
  bool WaitUntil(Mutex& mutex, Deadline deadline) REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    bool in_time = true;
    if (deadline.at() == Instant::max()) {
      condition_.wait(lock);
    } else {
      in_time = condition_.wait_until(lock, deadline.at()) == std::cv_status::no_timeout;
    }
    lock.release();
    return in_time;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace geoclimate::base
