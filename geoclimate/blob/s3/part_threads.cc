#include "geoclimate/blob/s3/part_threads.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "geoclimate/base/mutex.h"

namespace geoclimate::blob {
namespace {

struct FirstError {
  base::Mutex mutex;
  std::optional<base::Error> error GUARDED_BY(mutex);
};

}  // namespace

base::Result<void> ForEachPart(std::size_t count, std::size_t threads,
                               const std::function<base::Result<void>(std::size_t part)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  FirstError first;
  const auto run = [&] {
    for (std::size_t part = next++; part < count && !failed; part = next++) {
      const base::Result<void> done = work(part);
      if (done.ok()) continue;
      failed = true;
      const base::MutexLock lock(first.mutex);
      if (!first.error.has_value()) first.error = done.error();
    }
  };
  {
    std::vector<std::jthread> running;
    running.reserve(threads);
    for (std::size_t i = 0; i < std::min(threads, count); ++i) running.emplace_back(run);
  }
  const base::MutexLock lock(first.mutex);
  if (first.error.has_value()) return *first.error;
  return {};
}

}  // namespace geoclimate::blob
