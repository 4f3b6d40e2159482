#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>

#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"

namespace geoclimate::backtest {

// Numbered tasks that do not depend on each other, run side by side. After a failure no further
// task begins.
class TaskRun {
 public:
  TaskRun(std::size_t count, std::function<base::Result<void>(std::size_t)> task)
      : count_(count), task_(std::move(task)) {}

  // Returns when all are done, on `threads` threads, this one among them; with the failure of the
  // first task, by number, of those that failed. Once.
  base::Result<void> Run(std::size_t threads);

 private:
  void Work();

  const std::size_t count_;
  const std::function<base::Result<void>(std::size_t)> task_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> failed_ = false;
  base::Mutex mutex_;
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);
  std::size_t failed_task_ GUARDED_BY(mutex_) = 0;
};

}  // namespace geoclimate::backtest
