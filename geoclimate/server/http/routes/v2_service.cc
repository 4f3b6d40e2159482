#include <utility>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/v2_error.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::http::routes {
namespace {

Route V2Route(std::string_view path, Scope scope, std::string_view summary) {
  return {.method = Method::kGet,
          .path = path,
          .scope = scope,
          .listener = Listener::kPublic,
          .summary = summary,
          .tag = "Open Inference Protocol"};
}

base::Result<void> AnswerReady(const service::Models& models, const Lifecycle& lifecycle,
                               Response& response) {
  if (lifecycle.phase() != Phase::kServing) {
    return base::Unavailable(lifecycle.phase() == Phase::kStarting ? "starting" : "draining");
  }
  if (models.Served()->available() == 0) return base::Unavailable("no model is in production");
  response.body() += R"({"ready":true})";
  return {};
}

}  // namespace

void AddV2ServiceRoutes(std::string version, const service::Models& models,
                        const Lifecycle& lifecycle, RouteTable& table) {
  AddV2ErrorSchema(table);
  Route server = V2Route("/v2", Scope::kRead, "What the server is and which extensions it speaks");
  server.responses = {{200, "The server", "application/json", R"({
    "type": "object", "required": ["name", "version", "extensions"], "properties": {
      "name": {"type": "string"}, "version": {"type": "string"},
      "extensions": {"type": "array", "items": {"type": "string"}}}})"}};
  server.handler = [version = std::move(version)](const Request&,
                                                  Response& response) -> base::Result<void> {
    formats::JsonWriter json(response.body());
    json.BeginObject().Key("name").String("geo-climate").Key("version").String(version);
    json.Key("extensions").BeginArray();
    for (const std::string_view extension : service::kInferenceExtensions) json.String(extension);
    json.EndArray().EndObject();
    return {};
  };
  table.routes.push_back(std::move(server));

  Route live = V2Route("/v2/health/live", Scope::kNone, "The process answers");
  live.responses = {{200, "Always", "application/json",
                     R"({"type":"object","properties":{"live":{"const":true}}})"}};
  live.handler = [](const Request&, Response& response) -> base::Result<void> {
    response.body() += R"({"live":true})";
    return {};
  };
  table.routes.push_back(std::move(live));

  Route ready = V2Route("/v2/health/ready", Scope::kNone, "The process may get requests");
  ready.responses = {{200, "It may", "application/json",
                      R"({"type":"object","properties":{"ready":{"const":true}}})"},
                     {503, "Starting, draining, or no model", "application/json", "V2Error"}};
  ready.handler = AnsweringV2Errors([&models, &lifecycle](const Request&, Response& response) {
    return AnswerReady(models, lifecycle, response);
  });
  table.routes.push_back(std::move(ready));
}

}  // namespace geoclimate::server::http::routes
