#include "geoclimate/server/http/http_metrics.h"

#include <array>
#include <string>

namespace geoclimate::server::http {
namespace {

constexpr std::string_view kUnmatched = "unmatched";

// Counted from zero at the start: of a series that begins with its first event a rate sees nothing,
// and a ratio has no numerator while all is well. The usual status first, as counters are looked
// for in this order.
constexpr std::array kExpectedStatuses = {200, 500, 503, 504};
constexpr std::array<std::string_view, 3> kShedReasons = {"connections", "descriptors",
                                                          "background_queue"};

}  // namespace

HttpMetrics::HttpMetrics(telemetry::MetricRegistry& registry, const RouteTable& table)
    : registry_(registry),
      table_(table),
      in_progress_(registry.AddLevel("http_requests_in_progress", "Requests being answered")),
      connections_(registry.AddLevel("http_connections", "Open connections")),
      rate_limited_(registry.AddCounter("rate_limit_exceeded_total",
                                        "Requests beyond the caller's rate or quota")) {
  endpoints_.reserve(table.routes.size() + 1);
  for (const Route& route : table.routes) {
    Endpoint& endpoint =
        endpoints_.emplace_back(MakeEndpoint(MethodName(route.method), route.path));
    for (const int status : kExpectedStatuses) Requests(endpoint, endpoint.method, status);
  }
  endpoints_.push_back(MakeEndpoint("any", kUnmatched));
  for (const std::string_view reason : kShedReasons) ShedCounter(reason);
}

HttpMetrics::Endpoint HttpMetrics::MakeEndpoint(std::string_view method, std::string_view path) {
  const telemetry::Labels labels = {{"method", method}, {"endpoint", path}};
  Endpoint endpoint;
  endpoint.method = method;
  endpoint.path = path;
  endpoint.duration =
      registry_.AddHistogram("http_request_duration_seconds", "From the first byte to the answer",
                             telemetry::DurationBuckets(), labels);
  endpoint.request_size = registry_.AddHistogram(
      "http_request_size_bytes", "Header and body as sent", telemetry::SizeBuckets(), labels);
  endpoint.response_size = registry_.AddHistogram(
      "http_response_size_bytes", "Header and body as sent", telemetry::SizeBuckets(), labels);
  return endpoint;
}

const telemetry::Counter& HttpMetrics::Requests(Endpoint& endpoint, std::string_view method,
                                                int status) {
  for (const StatusCounter& known : endpoint.by_status) {
    if (known.status == status && known.method == method) return known.counter;
  }
  const telemetry::Counter counter = registry_.AddCounter(
      "http_requests_total", "Requests answered",
      {{"method", method}, {"endpoint", endpoint.path}, {"status", std::to_string(status)}});
  endpoint.by_status.push_back({status, method, counter});
  return endpoint.by_status.back().counter;
}

void HttpMetrics::Finished(const Answered& answered) {
  const std::size_t index = answered.route == nullptr
                                ? table_.routes.size()
                                : static_cast<std::size_t>(answered.route - table_.routes.data());
  Endpoint& endpoint = endpoints_[index];
  in_progress_.Add(-1);
  constexpr int kTooManyRequests = 429;
  if (answered.status == kTooManyRequests) rate_limited_.Add();
  Requests(endpoint, answered.method, answered.status).Add();
  endpoint.duration.Observe(std::chrono::duration<double>(answered.duration).count());
  endpoint.request_size.Observe(static_cast<double>(answered.request_bytes));
  endpoint.response_size.Observe(static_cast<double>(answered.response_bytes));
}

telemetry::Counter HttpMetrics::ShedCounter(std::string_view reason) {
  return registry_.AddCounter("requests_shed_total", "Requests turned away to keep up",
                              {{"reason", reason}});
}

void HttpMetrics::Shed(std::string_view reason) {
  ShedCounter(reason).Add();
}

}  // namespace geoclimate::server::http
