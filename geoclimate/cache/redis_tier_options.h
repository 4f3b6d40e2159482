#pragma once

#include <chrono>
#include <cstddef>

#include "geoclimate/base/result.h"
#include "geoclimate/cache/redis_expectation.h"

namespace geoclimate::cache {

struct RedisTierOptions {
  // What a look-up may take of its caller's time, all in all. Larger finds more on a slow network;
  // it is what a request loses at most when the server stalls, until the breaker opens.
  std::chrono::microseconds timeout{10'000};
  // A value is not found after so long.
  std::chrono::seconds ttl{3600};
  // The same for the knowledge that there is none.
  std::chrono::seconds absent_ttl{30};
  // Keys that wait to be looked up; above it they count as not found at once.
  std::size_t max_queued_keys = 8192;
  // Bytes that wait to be written; what comes above it is dropped and counted.
  std::size_t max_queued_bytes = std::size_t{8} << 20;
  // What writing may take of its own thread's time.
  std::chrono::milliseconds write_timeout{1000};
  RedisExpectation expect = {};

  base::Result<void> Validate() const;
};

}  // namespace geoclimate::cache
