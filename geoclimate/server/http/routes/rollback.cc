#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Rollback(service::Models& models, ManagementCall& call) {
  const std::string_view name = call.request.path_parameter("model_name");
  call.audit.from = ProductionNow(models, name);
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.Rollback(name, call.who, call.wait));
  call.audit.to = change.model_id;
  RenderChange(fmt::format("'{}' is in production again", change.model_id), change, "new_stage",
               "production", call.response);
  return {};
}

}  // namespace

void AddRollbackRoute(service::Models& models, const Management& management, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/models/{model_name}/rollback",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
       .summary = "Give production back to the version before",
       .tag = "Model management",
       .parameters = {{.name = "model_name",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "The model"},
                      WaitParameter()},
       .responses = {{200, "Done", "application/json", "ModelChange"},
                     {404, "No such model", "application/json", "Error"},
                     {409, "No version was in production before", "application/json", "Error"}},
       .handler =
           ManagementHandler(management, "model.rollback", "model_name",
                             [&models](ManagementCall& call) { return Rollback(models, call); })});
}

}  // namespace geoclimate::server::http::routes
