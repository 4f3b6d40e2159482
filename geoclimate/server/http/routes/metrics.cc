#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> AnswerMetrics(const telemetry::MetricRegistry& metrics, const Request& request,
                                 Response& response) {
  const std::string_view accept = request.header("Accept").value_or("");
  const auto exposition = accept.find("application/openmetrics-text") == std::string_view::npos
                              ? telemetry::Exposition::kPrometheus
                              : telemetry::Exposition::kOpenMetrics;
  response.set_content_type(telemetry::MetricRegistry::ContentType(exposition));
  metrics.Render(exposition, response.body());
  return {};
}

}  // namespace

void AddMetricsRoutes(const telemetry::MetricRegistry& metrics, RouteTable& table) {
  for (const Listener listener : {Listener::kPublic, Listener::kMetrics}) {
    table.routes.push_back(
        {.method = Method::kGet,
         .path = "/metrics",
         .scope = listener == Listener::kPublic ? Scope::kRead : Scope::kNone,
         .listener = listener,
         .execution = Execution::kBackground,
         .summary = "Metrics as Prometheus reads them, OpenMetrics when asked for",
         .tag = "Service",
         .responses = {{200, "Text format 0.0.4 or OpenMetrics 1.0", "text/plain",
                        R"({"type":"string"})"}},
         .handler = [&metrics](const Request& request, Response& response) {
           return AnswerMetrics(metrics, request, response);
         }});
  }
}

}  // namespace geoclimate::server::http::routes
