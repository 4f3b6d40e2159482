#include "geoclimate/service/watcher.h"

#include <sys/resource.h>

#include <utility>

namespace geoclimate::service {

Watcher::Watcher(std::chrono::milliseconds interval, std::function<void()> look)
    : interval_(interval), look_(std::move(look)), thread_([this] { Run(); }) {}

Watcher::~Watcher() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Watcher::Nudge() {
  const base::MutexLock lock(mutex_);
  nudged_ = true;
  changed_.NotifyAll();
}

void Watcher::Run() {
  constexpr int kLowestPriority = 19;
  // Of the calling thread alone, on Linux. Where it is refused the work is merely less polite.
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kLowestPriority));
  for (;;) {
    {
      const base::MutexLock lock(mutex_);
      const auto until = base::Deadline::At(std::chrono::steady_clock::now() + interval_);
      while (!stopping_ && !nudged_ && changed_.WaitUntil(mutex_, until)) {
      }
      if (stopping_) return;
      nudged_ = false;
    }
    look_();
  }
}

}  // namespace geoclimate::service
