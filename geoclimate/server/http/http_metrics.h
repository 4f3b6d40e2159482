#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>

#include "geoclimate/server/http/method.h"
#include "geoclimate/server/http/route.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::server::http {

// The http_* metrics, as one I/O thread writes them: a counter by status is looked up in the
// registry once and then kept here. Those of success and of the server's own failures are there
// from the start, at zero. Not thread-safe; the registry may be shared.
class HttpMetrics {
 public:
  // Both outlive this.
  HttpMetrics(telemetry::MetricRegistry& registry, const RouteTable& table);

  struct Answered {
    const Route* route;  // null: no row matched
    std::string_view method;
    int status;
    std::chrono::nanoseconds duration;
    std::size_t request_bytes;
    std::size_t response_bytes;
  };
  void Started() { in_progress_.Add(1); }
  void Finished(const Answered& answered);
  // In place of Finished(): the connection ended first.
  void Abandoned() { in_progress_.Add(-1); }

  void ConnectionOpened() { connections_.Add(1); }
  void ConnectionClosed() { connections_.Add(-1); }
  void Shed(std::string_view reason);

 private:
  struct StatusCounter {
    int status;
    std::string_view method;
    telemetry::Counter counter;
  };
  struct Endpoint {
    std::string_view method;
    std::string_view path;
    telemetry::Histogram duration;
    telemetry::Histogram request_size;
    telemetry::Histogram response_size;
    std::vector<StatusCounter> by_status;
  };
  Endpoint MakeEndpoint(std::string_view method, std::string_view path);
  telemetry::Counter ShedCounter(std::string_view reason);
  const telemetry::Counter& Requests(Endpoint& endpoint, std::string_view method, int status);

  telemetry::MetricRegistry& registry_;
  const RouteTable& table_;
  telemetry::Level in_progress_;
  telemetry::Level connections_;
  telemetry::Counter rate_limited_;
  std::vector<Endpoint> endpoints_;  // in the table's order, then the one of requests without a row
};

}  // namespace geoclimate::server::http
