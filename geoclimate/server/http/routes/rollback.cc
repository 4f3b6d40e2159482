#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Rollback(service::Models& models, const base::Clock& clock,
                            const Request& request, Response& response) {
  QueryFields query(request);
  const base::Deadline wait = WaitFrom(query, clock);
  const registry::Request who = RequestFrom(query, request);
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.Rollback(request.path_parameter("model_name"), who, wait));
  RenderChange(fmt::format("'{}' is in production again", change.model_id), change, "new_stage",
               "production", response);
  return {};
}

}  // namespace

void AddRollbackRoute(service::Models& models, const base::Clock& clock, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/models/{model_name}/rollback",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kBackground,
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
       .handler = [&models, &clock](const Request& request, Response& response) {
         return Rollback(models, clock, request, response);
       }});
}

}  // namespace geoclimate::server::http::routes
