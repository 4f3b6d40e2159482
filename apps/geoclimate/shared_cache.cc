#include "apps/geoclimate/shared_cache.h"

#include <utility>

namespace geoclimate::app {

service::CacheSharingOptions SharedCacheSettings::Sharing() const {
  using OnStart = service::CacheSharingOptions::OnStart;
  service::CacheSharingOptions options;
  options.rows = warm_queries;
  options.on_start = warm_on_start ? OnStart::kWarm : OnStart::kCold;
  return options;
}

base::Result<std::unique_ptr<SharedRedis>> OpenSharedRedis(const SharedCacheSettings& settings,
                                                           resilience::CircuitBreaker& breaker,
                                                           const base::Clock& clock,
                                                           telemetry::MetricRegistry& metrics) {
  if (settings.url_file.empty()) {
    return base::InvalidArgument("caching.redis.enabled needs caching.redis.url_file");
  }
  GC_RETURN_IF_ERROR(settings.pool.Validate());
  GC_RETURN_IF_ERROR(settings.tier.Validate());
  auto endpoint = redis::LoadEndpoint(settings.url_file);
  if (!endpoint.ok()) return endpoint.error().WithContext("caching.redis.url_file");
  return std::make_unique<SharedRedis>(*std::move(endpoint), settings, breaker, clock, metrics);
}

}  // namespace geoclimate::app
