#include "geoclimate/backtest/task_run.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace geoclimate::backtest {

base::Result<void> TaskRun::Run(std::size_t threads) {
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < std::min(threads, count_); ++i) {
      others.emplace_back([this] { Work(); });
    }
    Work();
  }
  const base::MutexLock lock(mutex_);
  if (failure_) return *failure_;
  return {};
}

void TaskRun::Work() {
  for (std::size_t i = next_++; i < count_ && !failed_; i = next_++) {
    const base::Result<void> done = task_(i);
    if (done.ok()) continue;
    const base::MutexLock lock(mutex_);
    failed_ = true;
    if (!failure_ || i < failed_task_) {
      failure_ = done.error();
      failed_task_ = i;
    }
  }
}

}  // namespace geoclimate::backtest
