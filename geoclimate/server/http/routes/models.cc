#include <utility>

#include "geoclimate/server/http/error_response.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::string_view kDescribedModel = R"({
  "allOf": [{"$ref": "#/components/schemas/ModelDescription"}, {"type": "object", "properties": {
    "card": {"anyOf": [{"$ref": "#/components/schemas/ModelCard"}, {"type": "null"}]}}}]})";

base::Result<void> List(const service::Models& models, const Request& request, Response& response) {
  QueryFields query(request);
  const auto name = query.Text("model_name");
  std::optional<model::Stage> stage;
  if (const auto text = query.Text("stage")) {
    const auto parsed = model::ParseStage(*text);
    if (parsed.ok()) {
      stage = *parsed;
    } else {
      query.Wrong("stage", parsed.error().message());
    }
  }
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const registry::Listing all, models.List(name, stage));
  response.body() += '[';
  for (const model::ModelDescription& description : all.versions) {
    if (&description != &all.versions.front()) response.body() += ',';
    response.body() += model::EncodeDescription(description);
  }
  response.body() += ']';
  std::string damaged;
  for (const registry::DamagedModel& one : all.damaged) {
    if (!damaged.empty()) damaged += ", ";
    damaged += one.model_id.empty() ? one.model_name : one.model_id;
  }
  if (!damaged.empty()) response.AddHeader("X-Damaged-Models", damaged);
  return {};
}

base::Result<void> Describe(const service::Models& models, const Request& request,
                            Response& response) {
  GC_ASSIGN_OR_RETURN(const model::ModelDescription description,
                      models.Find(request.path_parameter("model_id")));
  // A card that is damaged says so at its own address; the version is usable without it.
  base::Result<model::ModelCard> card = models.LoadCard(description);
  // One site a row: of a national network that is more than a description should carry.
  if (card.ok()) card->sites.clear();
  response.body() = model::EncodeDescription(description, card.ok() ? &*card : nullptr);
  return {};
}

}  // namespace

void AddModelRoutes(const service::Models& models, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/models",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kStorage,
       .summary = "The models and their versions",
       .tag = "Models",
       .parameters = {{.name = "model_name",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"string"})",
                       .description = "Only this name"},
                      {.name = "stage",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"enum":["dev","staging","production","archived"]})",
                       .description = "Only this stage"}},
       .responses =
           {{200, "By name, then newest first; X-Damaged-Models lists versions that cannot be read",
             "application/json",
             R"({"type":"array","items":{"$ref":"#/components/schemas/ModelDescription"}})"}},
       .handler = [&models](const Request& request, Response& response) {
         return List(models, request, response);
       }});
  table.schemas.push_back({"DescribedModel", kDescribedModel});
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/models/{model_id}",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kStorage,
       .summary = "One version of a model with its model card",
       .tag = "Models",
       .parameters = {{.name = "model_id",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "pm25_d1_v3_20240131_120000"}},
       .responses = {{200,
                      "The description with the model card, null where there is none; its table of "
                      "sites is in the whole card alone, /models/{model_id}/card",
                      "application/json", "DescribedModel"},
                     {404, "No such model", "application/json", "Error"}},
       .handler = [&models](const Request& request, Response& response) {
         return Describe(models, request, response);
       }});
}

}  // namespace geoclimate::server::http::routes
