#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::server::http {

// Threads for what waits on a disk or a lock. Thread-safe.
class BackgroundPool {
 public:
  // `max_waiting`: jobs that wait for a thread, beside those that run.
  BackgroundPool(int threads, std::size_t max_waiting);
  // As Stop().
  ~BackgroundPool();
  BackgroundPool(const BackgroundPool&) = delete;
  BackgroundPool& operator=(const BackgroundPool&) = delete;

  // False, without a trace of the job, when max_waiting jobs wait or the pool is stopped.
  [[nodiscard]] bool TrySubmit(std::function<void()> job);
  // Drops the jobs that wait, returns when the ones that run have ended.
  void Stop();

 private:
  void Run();

  const std::size_t max_waiting_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<std::function<void()>> jobs_ GUARDED_BY(mutex_);
  bool stopped_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// A pool for each Execution but kInline, so that a service that hangs is waited for by the threads
// that are there for it. Thread-safe.
class BackgroundPools {
 public:
  explicit BackgroundPools(const ServerOptions& options);
  BackgroundPool& Of(Execution execution);
  void Stop();

 private:
  BackgroundPool own_;
  BackgroundPool database_;
  BackgroundPool storage_;
};

}  // namespace geoclimate::server::http
