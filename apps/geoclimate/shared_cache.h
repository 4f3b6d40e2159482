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

// The tier that processes share, with its connections. Destroyed before the cache that it is shared
// with, and after all who ask.
struct SharedCache {
  SharedCache(redis::Endpoint endpoint, const SharedCacheSettings& settings,
              resilience::CircuitBreaker& breaker, const base::Clock& clock,
              telemetry::MetricRegistry& metrics)
      : pool(std::move(endpoint), settings.pool, clock, metrics),
        tier(pool, breaker, settings.tier, clock, metrics) {}

  redis::ConnectionPool pool;
  cache::RedisTier tier;
};

// Reads the URL; a server that cannot be reached is no error. Without a file kInvalidArgument.
base::Result<std::unique_ptr<SharedCache>> OpenSharedCache(const SharedCacheSettings& settings,
                                                           resilience::CircuitBreaker& breaker,
                                                           const base::Clock& clock,
                                                           telemetry::MetricRegistry& metrics);

}  // namespace geoclimate::app
