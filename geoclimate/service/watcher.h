#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "geoclimate/base/mutex.h"

namespace geoclimate::service {

// A background thread that looks again and again whether something changed: in the registry, in the
// table of forecasts. It runs at the lowest priority, so that loading a model takes no time from
// the threads that answer.
//
// Thread-safe. The destructor waits for the look in progress and returns when the thread has ended.
class Watcher {
 public:
  // Calls `look` every `interval` after the look before has ended, and soon after each Nudge().
  // Smaller intervals show changes of other processes sooner and cost a look more often.
  Watcher(std::chrono::milliseconds interval, std::function<void()> look);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void Nudge() EXCLUDES(mutex_);

 private:
  void Run();

  const std::chrono::milliseconds interval_;
  const std::function<void()> look_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool nudged_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace geoclimate::service
