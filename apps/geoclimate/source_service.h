#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "apps/geoclimate/settings.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/fetch/source_client.h"
#include "geoclimate/http_client/http_client.h"
#include "geoclimate/resilience/breaker_panel.h"
#include "geoclimate/resilience/sleeper.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::app {

// What a source is watched by in a server; all of it outlives the service.
struct SourceWatch {
  telemetry::MetricRegistry& metrics;
  resilience::CircuitBreaker& breaker;
  std::stop_token stop;  // ends waiting and requests
};

// One public service, ready to be asked: the client with what protects it. `clock` must outlive it.
class SourceService {
 public:
  // `name` is how messages call it, "AirNow"; its breaker is "sources.airnow" for
  // `slug`, or that of `watch`. `key` is masked in messages. `watch`: null where nobody watches.
  template <typename Options>
  static base::Result<std::unique_ptr<SourceService>> Open(
      std::string_view name, std::string_view slug, const std::string& key,
      const SourceSettings<Options>& source, const Settings& settings, const base::Clock& clock,
      const SourceWatch* watch = nullptr) {
    fetch::SourceLimits limits;
    if (source.requests_per_minute > 0)
      limits.rates.push_back(Rate(source.requests_per_minute, 60));
    if (source.requests_per_hour > 0) limits.rates.push_back(Rate(source.requests_per_hour, 3600));
    return OpenLimited(name, slug, key, std::move(limits), settings, clock, watch);
  }

  fetch::SourceClient& client() { return *client_; }

 private:
  explicit SourceService(const base::Clock& clock) : http_(clock), panel_(clock, metrics_) {}

  // A tenth of what is allowed may come at once.
  static resilience::TokenBucketOptions Rate(double requests, double seconds);
  static base::Result<std::unique_ptr<SourceService>> OpenLimited(
      std::string_view name, std::string_view slug, const std::string& key,
      fetch::SourceLimits limits, const Settings& settings, const base::Clock& clock,
      const SourceWatch* watch);

  telemetry::MetricRegistry metrics_;
  http_client::HttpClient http_;
  resilience::BreakerPanel panel_;
  resilience::ThreadSleeper sleeper_;
  std::unique_ptr<fetch::SourceClient> client_;
  // Last: ends the waiting of the client.
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

// The key in `file`, without blanks around; of the environment variable `variable` when there is no
// file. kFailedPrecondition saying where to put one when there is none. No error holds the key.
base::Result<std::string> ReadSourceKey(const std::string& file, const char* variable,
                                        std::string_view setting);

}  // namespace geoclimate::app
