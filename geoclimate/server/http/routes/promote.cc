#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/management.h"
#include "geoclimate/server/http/routes/model_change.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

struct Fields {
  std::optional<std::string_view> stage;
  std::optional<std::string_view> expected;
};

// What the version is to replace: what is in production under its name, or nothing but its stage.
std::string Before(const service::Models& models, std::string_view model_id, model::Stage stage) {
  const auto served = models.Served();
  for (const service::ServedModel& one : served->models()) {
    if (one.description.model_id != model_id) continue;
    return stage == model::Stage::kProduction
               ? ProductionNow(models, one.description.model_name)
               : std::string(model::StageName(one.description.stage));
  }
  return {};
}

base::Result<void> Promote(service::Models& models, ManagementCall& call, const Fields& fields) {
  const std::string_view stage = *fields.stage;
  registry::Promotion promotion;
  promotion.stage = stage == "production" ? model::Stage::kProduction : model::Stage::kStaging;
  if (fields.expected) promotion.expected = std::string(*fields.expected);
  const std::string_view model_id = call.request.path_parameter("model_id");
  call.audit.from = Before(models, model_id, promotion.stage);
  GC_ASSIGN_OR_RETURN(const service::ModelChange change,
                      models.Promote(model_id, promotion, call.who, call.wait));
  call.audit.to = fmt::format("{} in {}", model_id, stage);
  RenderChange(fmt::format("'{}' is in {}", model_id, stage), change, "new_stage", stage,
               call.response);
  return {};
}

// An unknown stage is 400, before anything else of the change is looked at.
Handler CheckingStage(Handler handler) {
  return [handler = std::move(handler)](const Request& request,
                                        Response& response) -> base::Result<void> {
    QueryFields query(request);
    const auto stage = query.Text("new_stage");
    if (!stage || *stage == "production" || *stage == "staging") return handler(request, response);
    AnswerError(request, response, 400,
                base::InvalidArgument(fmt::format(
                    "unknown stage '{}': a model is promoted to staging or production", *stage)));
    return {};
  };
}

}  // namespace

void AddPromoteRoute(service::Models& models, const Management& management, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/models/{model_id}/promote",
       .scope = Scope::kAdmin,
       .listener = Listener::kManagement,
       .execution = Execution::kStorage,
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
       .handler = CheckingStage(ManagementHandler(
           management, "model.promote", "model_id",
           [](QueryFields& query) {
             return Fields{.stage = query.Required("new_stage"),
                           .expected = query.Text("expected")};
           },
           [&models](ManagementCall& call, const Fields& fields) {
             return Promote(models, call, fields);
           }))});
  table.schemas.push_back({"ModelChange", R"({
    "type": "object", "required": ["message", "model_id", "generation", "served"],
    "properties": {
      "message": {"type": "string"}, "model_id": {"type": "string"},
      "new_stage": {"type": "string"}, "alias": {"type": "string"},
      "generation": {"type": "integer", "description": "Of the name's desired state"},
      "served": {"type": "boolean", "description": "This process serves it already"}}})"});
}

}  // namespace geoclimate::server::http::routes
