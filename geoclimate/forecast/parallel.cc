#include "geoclimate/forecast/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace geoclimate::forecast {

void ForEachTask(std::size_t count, int threads, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) task(i);
  };
  std::vector<std::jthread> others;
  const std::size_t wanted = std::min(static_cast<std::size_t>(std::max(threads, 1)), count);
  for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(work);
  work();
}

}  // namespace geoclimate::forecast
