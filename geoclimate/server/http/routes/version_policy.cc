#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

using Kind = registry::VersionPolicy::Kind;

base::Result<registry::VersionPolicy> ReadBody(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json body, formats::ParseJson(text));
  const formats::Json::Object* const members = body.AsObject();
  if (members == nullptr || members->size() != 1) {
    return base::InvalidArgument(
        R"(the body must be one of {"latest": N}, {"all": true}, {"specific": [MODEL_ID]} and )"
        R"({"default": true})");
  }
  registry::VersionPolicy policy;
  const std::string& name = members->front().first;
  if (name == "latest") {
    GC_ASSIGN_OR_RETURN(const std::int64_t latest, body.IntegerAt(name));
    if (latest < 1) return base::InvalidArgument("latest: at least one version is kept");
    policy.kind = Kind::kLatest;
    policy.latest = static_cast<std::size_t>(latest);
  } else if (name == "specific") {
    policy.kind = Kind::kSpecific;
    GC_ASSIGN_OR_RETURN(const auto ids, body.ArrayAt(name));
    for (const formats::Json& id : ids) {
      if (id.AsString() == nullptr) return base::InvalidArgument("specific: an id is no text");
      policy.specific.push_back(*id.AsString());
    }
  } else if (name == "all") {
    policy.kind = Kind::kAll;
  } else if (name != "default") {
    return base::InvalidArgument(fmt::format("there is no policy '{}'", name));
  }
  return policy;
}

base::Result<void> SetPolicy(service::Models& models, ManagementCall& call) {
  GC_ASSIGN_OR_RETURN(const registry::VersionPolicy policy, ReadBody(call.request.body()));
  const std::string_view name = call.request.path_parameter("model_name");
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.SetPolicy(name, policy, call.who, call.wait));
  constexpr std::size_t kMostShown = 1000;
  call.audit.to = call.request.body().substr(0, kMostShown);
  RenderChange(fmt::format("'{}' keeps its versions by this policy", name), change, "", "",
               call.response);
  return {};
}

}  // namespace

void AddVersionPolicyRoute(service::Models& models, const Management& management,
                           RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPut,
       .path = "/models/{model_name}/version-policy",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
       .max_body_bytes = 65'536,
       .consumes = {"application/json"},
       .summary = "Say which versions are kept in memory beside those that have a stage, an alias "
                  "or traffic",
       .tag = "Model management",
       .parameters = {{.name = "model_name",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "The model"},
                      WaitParameter()},
       .request_schema = R"({"type":"object","minProperties":1,"maxProperties":1,"properties":{
          "latest":{"type":"integer","minimum":1},"all":{"const":true},"default":{"const":true},
          "specific":{"type":"array","minItems":1,"items":{"type":"string"}}}})",
       .responses = {{200, "Done", "application/json", "ModelChange"},
                     {404, "No such model or version", "application/json", "Error"}},
       .handler =
           ManagementHandler(management, "model.version_policy", "model_name",
                             [&models](ManagementCall& call) { return SetPolicy(models, call); })});
}

}  // namespace geoclimate::server::http::routes
