#include "geoclimate/server/http/background_pool.h"

#include <utility>

namespace geoclimate::server::http {

BackgroundPool::BackgroundPool(int threads, std::size_t max_waiting) : max_waiting_(max_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

BackgroundPool::~BackgroundPool() {
  Stop();
}

bool BackgroundPool::TrySubmit(std::function<void()> job) {
  const base::MutexLock lock(mutex_);
  if (stopped_ || jobs_.size() >= max_waiting_) return false;
  jobs_.push_back(std::move(job));
  changed_.NotifyOne();
  return true;
}

void BackgroundPool::Stop() {
  {
    const base::MutexLock lock(mutex_);
    stopped_ = true;
    jobs_.clear();
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void BackgroundPool::Run() {
  for (;;) {
    std::function<void()> job;
    {
      const base::MutexLock lock(mutex_);
      while (jobs_.empty() && !stopped_) changed_.WaitUntil(mutex_, base::Deadline::Never());
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

BackgroundPools::BackgroundPools(const ServerOptions& options)
    : own_(options.background_threads, options.background_queue),
      database_(options.database_threads, options.background_queue),
      storage_(options.storage_threads, options.background_queue) {}

BackgroundPool& BackgroundPools::Of(Execution execution) {
  switch (execution) {
    case Execution::kDatabase:
      return database_;
    case Execution::kStorage:
      return storage_;
    case Execution::kInline:
    case Execution::kBackground:
      break;
  }
  return own_;
}

void BackgroundPools::Stop() {
  own_.Stop();
  database_.Stop();
  storage_.Stop();
}

}  // namespace geoclimate::server::http
