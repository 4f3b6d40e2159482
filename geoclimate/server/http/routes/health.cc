#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

std::string_view StatusName(service::HealthStatus status) {
  return status == service::HealthStatus::kHealthy ? "healthy" : "degraded";
}

base::Result<void> AnswerHealth(const service::Health& health, Response& response) {
  const service::HealthReport report = health.Check();
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("status").String(StatusName(report.status));
  json.Key("version").String(report.version);
  json.Key("uptime_seconds").Integer(report.uptime.count());
  TimestampField(json, "timestamp", report.at);
  json.Key("components").BeginObject();
  for (const service::ComponentHealth& component : report.components) {
    json.Key(component.name).BeginObject();
    json.Key("status").String(StatusName(component.status));
    json.Key("detail").String(component.detail).EndObject();
  }
  json.EndObject().EndObject();
  return {};
}

// Why the process must get no requests now; empty when it may.
std::string_view NotReady(Phase phase, const service::Health& health) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kDraining:
    case Phase::kStopped:
      return "draining";
    case Phase::kServing:
      break;
  }
  if (health.models_available() > 0) return {};
  return health.follows_registry() ? "no model is in production"
                                   : "no model is in production: the registry cannot be reached";
}

// Services that no request waits for say nothing of whether requests may come.
bool IsOfTheBackground(std::string_view breaker) {
  return breaker == "webhook" || breaker.starts_with("sources.");
}

base::Result<void> AnswerReady(const service::Health& health, const Lifecycle& lifecycle,
                               Response& response) {
  const std::size_t models = health.models_available();
  if (const std::string_view reason = NotReady(lifecycle.phase(), health); !reason.empty()) {
    return base::Unavailable(std::string(reason));
  }
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("status").String("ready");
  json.Key("models_available").Integer(static_cast<std::int64_t>(models));
  std::vector<resilience::BreakerReading> breakers = health.Breakers();
  std::erase_if(breakers, [](const auto& breaker) { return IsOfTheBackground(breaker.name); });
  if (!breakers.empty()) {
    json.Key("breakers").BeginObject();
    for (const resilience::BreakerReading& breaker : breakers) {
      json.Key(breaker.name).String(resilience::BreakerStateName(breaker.state));
    }
    json.EndObject();
  }
  json.EndObject();
  return {};
}

}  // namespace

void AddHealthRoutes(const service::Health& health, const Lifecycle& lifecycle, RouteTable& table) {
  const auto route = [](std::string_view path, std::string_view summary) {
    return Route{.method = Method::kGet,
                 .path = path,
                 .scope = Scope::kNone,
                 .listener = Listener::kPublic,
                 .summary = summary,
                 .tag = "Service"};
  };
  Route whole = route("/health", "What each part of the service says of itself");
  whole.execution = Execution::kBackground;
  whole.responses = {{200, "Healthy or degraded, by component", "application/json", "Health"}};
  whole.handler = [&health](const Request&, Response& response) {
    return AnswerHealth(health, response);
  };
  table.routes.push_back(std::move(whole));

  Route live = route("/health/live", "The process answers");
  live.responses = {{200, "Always", "application/json",
                     R"({"type":"object","properties":{"status":{"const":"alive"}}})"}};
  live.handler = [](const Request&, Response& response) -> base::Result<void> {
    response.body() += R"({"status":"alive"})";
    return {};
  };
  table.routes.push_back(std::move(live));

  Route ready = route("/health/ready", "The process may get requests");
  ready.responses = {{200, "It may", "application/json",
                      R"({"type":"object","properties":{"status":{"const":"ready"},
                          "models_available":{"type":"integer"},
                          "breakers":{"type":"object","description":"Their states, by name",
                            "additionalProperties":{"enum":["closed","half_open","open"]}}}})"},
                     {503, "Starting, draining, or no model", "application/json", "Error"}};
  ready.handler = [&health, &lifecycle](const Request&, Response& response) {
    return AnswerReady(health, lifecycle, response);
  };
  table.routes.push_back(std::move(ready));

  table.schemas.push_back({"Health", R"({
    "type": "object", "required": ["status", "version", "uptime_seconds", "timestamp", "components"],
    "properties": {
      "status": {"enum": ["healthy", "degraded"]}, "version": {"type": "string"},
      "uptime_seconds": {"type": "integer"},
      "timestamp": {"type": "string", "format": "date-time"},
      "components": {"type": "object", "additionalProperties": {"type": "object", "properties": {
        "status": {"enum": ["healthy", "degraded"]}, "detail": {"type": "string"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
