#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/redis_tier.h"
#include "geoclimate/redis/connection_pool.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/service/cache_sharing.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::app {

// caching.redis and caching.warm of the settings.
struct SharedCacheSettings {
  bool enabled = false;
  std::string url_file;
  redis::ConnectionPoolOptions pool;
  cache::RedisTierOptions tier{
      .expect = {.max_memory = std::uint64_t{1} << 30, .eviction_policy = "allkeys-lru"}};
  bool warm_on_start = true;
  std::size_t warm_queries = 1000;

  service::CacheSharingOptions Sharing() const;
};

// The Redis that processes share: connections and the breaker before them. Destroyed after all who
// ask.
struct SharedRedis {
  SharedRedis(redis::Endpoint endpoint, const SharedCacheSettings& settings,
              resilience::CircuitBreaker& redis_breaker, const base::Clock& clock,
              telemetry::MetricRegistry& metrics)
      : breaker(redis_breaker), pool(std::move(endpoint), settings.pool, clock, metrics) {}

  resilience::CircuitBreaker& breaker;
  redis::ConnectionPool pool;
};

// Reads the URL; a server that cannot be reached is no error. kInvalidArgument without a file, and
// for settings of the tier that cannot be.
base::Result<std::unique_ptr<SharedRedis>> OpenSharedRedis(const SharedCacheSettings& settings,
                                                           resilience::CircuitBreaker& breaker,
                                                           const base::Clock& clock,
                                                           telemetry::MetricRegistry& metrics);

}  // namespace geoclimate::app
