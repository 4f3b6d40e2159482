#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/formats/json_cursor.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/query_fields.h"
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
  for (const auto& [name, special] : served->names()) {
    if (!special.is_unloaded || only_ready) continue;
    json.BeginObject().Key("name").String(name).Key("version").String("");
    json.Key("state").String("UNAVAILABLE").Key("reason").String("unloaded").EndObject();
  }
  json.EndArray();
  return {};
}

// Models are loaded by their registered names: what a body would bring along is refused.
base::Result<void> RefuseParameters(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  GC_ASSIGN_OR_RETURN(const formats::Json json, formats::ParseJson(body));
  const formats::Json* const parameters = json.Find("parameters");
  if (parameters == nullptr || parameters->AsObject() == nullptr) return {};
  for (const auto& [name, value] : *parameters->AsObject()) {
    if (name == "unload_dependents") continue;
    return base::InvalidArgument(fmt::format(
        "parameter '{}': models are loaded from the registry as they are registered", name));
  }
  return {};
}

using Residence = registry::ServingState::Residence;

base::Result<void> SetResidence(service::Models& models, Residence residence,
                                ManagementCall& call) {
  GC_RETURN_IF_ERROR(RefuseParameters(call.request.body()));
  const std::string_view name = call.request.path_parameter("model_name");
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.SetResidence(name, residence, call.who, call.wait));
  const std::string_view became =
      residence == Residence::kLoaded ? "to be served" : "not to be served";
  call.audit.to = became;
  RenderChange(fmt::format("'{}' is {}", name, became), change, "", "", call.response);
  return {};
}

}  // namespace

void AddV2RepositoryControlRoutes(service::Models& models, const Management& management,
                                  RouteTable& table) {
  constexpr std::size_t kMostBodyBytes = 4096;
  const auto add = [&](std::string_view path, std::string_view summary, Residence residence) {
    table.routes.push_back(
        {.method = Method::kPost,
         .path = path,
         .scope = Scope::kAdmin,
         .listener = Listener::kManagement,
         .execution = Execution::kStorage,
         .max_body_bytes = kMostBodyBytes,
         .consumes = {"application/json"},
         .summary = summary,
         .tag = "Open Inference Protocol",
         .parameters = {{.name = "model_name",
                         .in = ParameterDoc::In::kPath,
                         .presence = ParameterDoc::Presence::kRequired,
                         .schema = R"({"type":"string"})",
                         .description = "The model, as it is registered"},
                        WaitParameter()},
         .request_schema = R"({"type":"object"})",
         .responses = WithV2Errors({{200, "Done", "application/json", "ModelChange"}}),
         .handler = AnsweringV2Errors(ManagementHandler(
             management, residence == Residence::kLoaded ? "model.load" : "model.unload",
             "model_name", [&models, residence](ManagementCall& call) {
               return SetResidence(models, residence, call);
             }))});
  };
  add("/v2/repository/models/{model_name}/load", "Serve a model's versions again",
      Residence::kLoaded);
  add("/v2/repository/models/{model_name}/unload", "Take a model's versions out of memory",
      Residence::kUnloaded);
}

void AddV2RepositoryRoutes(const service::Models& models, RouteTable& table) {
  constexpr std::size_t kMostBodyBytes = 4096;
  for (const Listener listener : {Listener::kPublic, Listener::kManagement}) {
    table.routes.push_back(
        {.method = Method::kPost,
         .path = "/v2/repository/index",
         .scope = Scope::kRead,
         .listener = listener,
         .effect = Effect::kNone,
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
