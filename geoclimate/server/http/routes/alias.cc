#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

struct AliasBody {
  std::string model_id;
  std::optional<std::string> expected;
};

base::Result<AliasBody> ReadBody(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const formats::Json body, formats::ParseJson(text));
  AliasBody alias;
  GC_ASSIGN_OR_RETURN(alias.model_id, body.StringAt("model_id"));
  if (const formats::Json* expected = body.Find("expected");
      expected != nullptr && !expected->is_null()) {
    GC_ASSIGN_OR_RETURN(alias.expected, body.StringAt("expected"));
  }
  return alias;
}

std::string HolderOf(const service::Models& models, std::string_view name, std::string_view alias) {
  const auto served = models.Served();
  for (const service::ServedModel& one : served->models()) {
    const std::vector<std::string>& aliases = one.description.aliases;
    if (one.description.model_name == name &&
        std::find(aliases.begin(), aliases.end(), alias) != aliases.end()) {
      return one.description.model_id;
    }
  }
  return {};
}

base::Result<void> SetAlias(service::Models& models, ManagementCall& call) {
  GC_ASSIGN_OR_RETURN(const AliasBody body, ReadBody(call.request.body()));
  const std::string_view name = call.request.path_parameter("model_name");
  const std::string_view alias = call.request.path_parameter("alias");
  call.audit.subject = fmt::format("{}@{}", name, alias);
  call.audit.from = HolderOf(models, name, alias);
  GC_ASSIGN_OR_RETURN(
      const service::ModelChange change,
      models.SetAlias(name, alias, body.model_id, body.expected, call.who, call.wait));
  call.audit.to = body.model_id;
  RenderChange(fmt::format("'{}@{}' is '{}'", name, alias, body.model_id), change, "alias", alias,
               call.response);
  return {};
}

}  // namespace

void AddAliasRoute(service::Models& models, const Management& management, RouteTable& table) {
  const auto in_path = [](std::string_view name, std::string_view description) {
    return ParameterDoc{.name = name,
                        .in = ParameterDoc::In::kPath,
                        .presence = ParameterDoc::Presence::kRequired,
                        .schema = R"({"type":"string"})",
                        .description = description};
  };
  table.routes.push_back(
      {.method = Method::kPut,
       .path = "/models/{model_name}/aliases/{alias}",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
       .max_body_bytes = 4096,
       .consumes = {"application/json"},
       .summary = "Point an alias at a version",
       .tag = "Model management",
       .parameters = {in_path("model_name", "The model"), in_path("alias", "The alias"),
                      WaitParameter()},
       .request_schema = R"({"type":"object","required":["model_id"],"properties":{
                             "model_id":{"type":"string"},
                             "expected":{"type":["string","null"],
                                         "description":"What it must point at now"}}})",
       .responses = {{200, "Done", "application/json", "ModelChange"},
                     {404, "No such model", "application/json", "Error"},
                     {409, "The alias is not at `expected`", "application/json", "Error"}},
       .handler =
           ManagementHandler(management, "model.alias", "model_name",
                             [&models](ManagementCall& call) { return SetAlias(models, call); })});
}

}  // namespace geoclimate::server::http::routes
