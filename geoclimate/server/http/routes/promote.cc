#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

base::Result<void> Promote(service::Models& models, const base::Clock& clock,
                           const Request& request, Response& response) {
  QueryFields query(request);
  const auto stage = query.Required("new_stage");
  const auto expected = query.Text("expected");
  const base::Deadline wait = WaitFrom(query, clock);
  const registry::Request who = RequestFrom(query, request);
  if (query.AnswerInvalid(response)) return {};
  registry::Promotion promotion;
  if (*stage == "production") {
    promotion.stage = model::Stage::kProduction;
  } else if (*stage != "staging") {
    AnswerError(request, response, 400,
                base::InvalidArgument(fmt::format(
                    "unknown stage '{}': a model is promoted to staging or production", *stage)));
    return {};
  }
  if (expected) promotion.expected = std::string(*expected);
  const std::string_view model_id = request.path_parameter("model_id");
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.Promote(model_id, promotion, who, wait));
  RenderChange(fmt::format("'{}' is in {}", model_id, *stage), change, "new_stage", *stage,
               response);
  return {};
}

}  // namespace

void AddPromoteRoute(service::Models& models, const base::Clock& clock, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/models/{model_id}/promote",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kBackground,
       .summary = "Put a version into staging or production",
       .tag = "Model management",
       .parameters = {{.name = "model_id",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "The version"},
                      {.name = "new_stage",
                       .in = ParameterDoc::In::kQuery,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"enum":["staging","production"]})",
                       .description = "Where it goes"},
                      {.name = "expected",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "The version that must hold the stage now"},
                      {.name = "reason",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Why, for the history"},
                      WaitParameter()},
       .responses = {{200, "Done", "application/json", "ModelChange"},
                     {400, "Unknown stage", "application/json", "Error"},
                     {404, "No such model", "application/json", "Error"},
                     {409, "The gate refused it, or another version holds the stage",
                      "application/json", "Error"}},
       .handler = [&models, &clock](const Request& request, Response& response) {
         return Promote(models, clock, request, response);
       }});
  table.schemas.push_back({"ModelChange", R"({
    "type": "object", "required": ["message", "model_id", "generation", "served"],
    "properties": {
      "message": {"type": "string"}, "model_id": {"type": "string"},
      "new_stage": {"type": "string"}, "alias": {"type": "string"},
      "generation": {"type": "integer", "description": "Of the name's desired state"},
      "served": {"type": "boolean", "description": "This process serves it already"}}})"});
}

}  // namespace geoclimate::server::http::routes
