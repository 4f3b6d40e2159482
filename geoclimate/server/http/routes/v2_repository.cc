#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/v2_error.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonCursor;

// {"ready": true} asks for usable versions alone; no body asks for all.
base::Result<bool> ReadsOnlyReady(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return false;
  bool ready = false;
  JsonCursor json(body);
  json.EnterObject();
  for (std::string_view key; json.NextKey(key);) {
    if (key == "ready") {
      json.ReadBool(ready);
    } else {
      json.SkipValue();
    }
  }
  GC_RETURN_IF_ERROR(json.Finish());
  return ready;
}

base::Result<void> AnswerIndex(const service::Models& models, const Request& request,
                               Response& response) {
  GC_ASSIGN_OR_RETURN(const bool only_ready, ReadsOnlyReady(request.body()));
  const auto served = models.Served();
  formats::JsonWriter json(response.body());
  json.BeginArray();
  for (const service::ServedModel& one : served->models()) {
    if (only_ready && one.model == nullptr) continue;
    json.BeginObject().Key("name").String(one.description.model_name);
    json.Key("version").String(fmt::format("{}", one.description.version));
    json.Key("state").String(one.model != nullptr ? "READY" : "UNAVAILABLE");
    json.Key("reason").String(one.failure ? one.failure->message() : std::string()).EndObject();
  }
  json.EndArray();
  return {};
}

}  // namespace

void AddV2RepositoryRoutes(const service::Models& models, RouteTable& table) {
  constexpr std::size_t kMostBodyBytes = 4096;
  for (const Listener listener : {Listener::kPublic, Listener::kManagement}) {
    table.routes.push_back(
        {.method = Method::kPost,
         .path = "/v2/repository/index",
         .scope = Scope::kRead,
         .listener = listener,
         .max_body_bytes = kMostBodyBytes,
         .consumes = {"application/json"},
         .summary = "The versions that this process serves or failed to load",
         .tag = "Open Inference Protocol",
         .request_schema = R"({"type": "object", "properties": {"ready": {"type": "boolean"}}})",
         .responses = {{200, "By name, newest first", "application/json", R"({
           "type": "array", "items": {"type": "object", "required": ["name", "version", "state"],
             "properties": {"name": {"type": "string"}, "version": {"type": "string"},
               "state": {"enum": ["READY", "UNAVAILABLE"]}, "reason": {"type": "string"}}}})"},
                       {400, "The body is not valid", "application/json", "V2Error"}},
         .handler = AnsweringV2Errors([&models](const Request& request, Response& response) {
           return AnswerIndex(models, request, response);
         })});
  }
}

}  // namespace geoclimate::server::http::routes
