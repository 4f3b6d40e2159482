#include <string_view>

#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

constexpr std::string_view kMarkdown = "text/markdown; charset=utf-8";

constexpr std::string_view kCardFigure = R"({
  "type": "object", "required": ["value", "low", "high"],
  "description": "A score with the ends of its 95 % interval; null where it is not known",
  "properties": {"value": {"type": ["number", "null"]}, "low": {"type": ["number", "null"]},
                 "high": {"type": ["number", "null"]}}})";

constexpr std::string_view kCardMethod = R"({
  "type": "object",
  "properties": {"name": {"type": "string"}, "rmse": {"$ref": "#/components/schemas/CardFigure"},
                 "mae": {"type": ["number", "null"]}, "bias": {"type": ["number", "null"]}}})";

constexpr std::string_view kCardScores = R"({
  "type": "object",
  "properties": {
    "known": {"enum": ["archive", "operational"]},
    "first_issue_day": {"type": "string", "format": "date"},
    "last_valid_day": {"type": "string", "format": "date"},
    "rows": {"type": "integer"}, "sites": {"type": "integer"}, "weeks": {"type": "integer"},
    "events": {"type": "integer", "description": "Rows observed over AQI 100"},
    "forecast": {"$ref": "#/components/schemas/CardMethod"},
    "baselines": {"type": "array", "items": {"$ref": "#/components/schemas/CardMethod"}},
    "best_baseline": {"type": "string"},
    "skill": {"$ref": "#/components/schemas/CardFigure"},
    "crps": {"$ref": "#/components/schemas/CardFigure"},
    "coverage": {"$ref": "#/components/schemas/CardFigure"},
    "width": {"$ref": "#/components/schemas/CardFigure"},
    "brier": {"$ref": "#/components/schemas/CardFigure"},
    "reliability": {"type": "array", "items": {"type": "object", "properties": {
      "probability": {"type": ["number", "null"]}, "observed": {"type": ["number", "null"]},
      "rows": {"type": "integer"}}}}}})";

constexpr std::string_view kModelCard = R"({
  "type": "object",
  "required": ["format", "model_name", "pollutant", "unit", "horizon_days", "training", "features",
               "schema_fingerprint", "members", "blocks", "settings", "scores", "sites", "limits"],
  "properties": {
    "format": {"const": 1}, "model_name": {"type": "string"}, "pollutant": {"type": "string"},
    "unit": {"type": "string"}, "horizon_days": {"type": "integer"}, "summary": {"type": "string"},
    "training": {"type": "object", "properties": {
      "first_day": {"type": "string", "format": "date"},
      "last_day": {"type": "string", "format": "date"},
      "rows": {"type": "integer"}, "sites": {"type": "integer"},
      "states": {"type": "array", "items": {"type": "string"}},
      "sources": {"type": "array", "items": {"type": "object", "properties": {
        "parameter": {"type": "integer"}, "source": {"enum": ["final", "provisional"]},
        "monitor": {"enum": ["continuous", "filter"]}, "measurements": {"type": "integer"},
        "sites": {"type": "integer"}, "first_day": {"type": "string", "format": "date"},
        "last_day": {"type": "string", "format": "date"}}}},
      "years": {"type": "array", "items": {"type": "object", "properties": {
        "year": {"type": "integer"}, "rows": {"type": "integer"}}}}}},
    "features": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "unit": {"type": "string"}}}},
    "schema_fingerprint": {"type": "string"}, "damped_towards": {"type": "string"},
    "rho": {"type": ["number", "null"]},
    "members": {"type": "array", "items": {"type": "object", "properties": {
      "kind": {"type": "string"}, "target": {"type": "string"}, "trees": {"type": "integer"}}}},
    "trust": {"type": ["number", "null"]},
    "blocks": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "rows": {"type": "integer"},
      "first_issue_day": {"type": "string", "format": "date"},
      "last_valid_day": {"type": "string", "format": "date"}}}},
    "settings": {"type": "array", "items": {"type": "object", "properties": {
      "name": {"type": "string"}, "value": {"type": ["number", "null"]}}}},
    "scores": {"type": "array", "items": {"$ref": "#/components/schemas/CardScores"}},
    "sites": {"type": "array", "items": {"type": "object", "properties": {
      "site_id": {"type": "string"}, "name": {"type": "string"}, "rows": {"type": "integer"},
      "rmse": {"type": ["number", "null"]}, "best_baseline": {"type": "string"},
      "best_baseline_rmse": {"type": ["number", "null"]}, "skill": {"type": ["number", "null"]},
      "coverage": {"type": ["number", "null"]}}}},
    "limits": {"type": "array", "items": {"type": "string"}}}})";

base::Result<void> AnswerCard(const service::Models& models, const Request& request,
                              Response& response) {
  QueryFields query(request);
  const std::string_view accept = request.header("Accept").value_or("");
  const bool markdown = query.Has("format") ? query.Choice("format", {"json", "md"}) == 1
                                            : accept.find("text/markdown") != accept.npos;
  if (query.AnswerInvalid(response)) return {};
  GC_ASSIGN_OR_RETURN(const model::ModelDescription description,
                      models.Find(request.path_parameter("model_id")));
  GC_ASSIGN_OR_RETURN(const model::ModelCard card, models.LoadCard(description));
  response.AddHeader("Vary", "Accept");
  if (markdown) response.set_content_type(kMarkdown);
  response.body() =
      markdown ? model::RenderCard(card, description.model_id) : model::EncodeCard(card);
  return {};
}

}  // namespace

void AddModelCardRoute(const service::Models& models, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/models/{model_id}/card",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kStorage,
       .summary = "The model card: what a version learnt from, how good it is, and its limits",
       .tag = "Models",
       .parameters = {{.name = "model_id",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "pm25_d1_v3_20240131_120000"},
                      {.name = "format",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"enum":["json","md"],"default":"json"})",
                       .description = "md, or Accept: text/markdown, for people"}},
       .responses = {{200, "The whole card", "application/json", "ModelCard"},
                     {200, "The whole card", kMarkdown, {}},
                     {404, "No such model, or it has no card", "application/json", "Error"}},
       .handler = [&models](const Request& request, Response& response) {
         return AnswerCard(models, request, response);
       }});
  table.schemas.insert(table.schemas.end(), {{"CardFigure", kCardFigure},
                                             {"CardMethod", kCardMethod},
                                             {"CardScores", kCardScores},
                                             {"ModelCard", kModelCard}});
}

}  // namespace geoclimate::server::http::routes
