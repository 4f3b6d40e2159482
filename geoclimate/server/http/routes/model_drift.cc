#include <string_view>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/json_fields.h"
#include "geoclimate/server/http/routes/routes.h"

namespace geoclimate::server::http::routes {
namespace {

void WriteIndex(formats::JsonWriter& json, const std::optional<double>& psi) {
  if (psi) {
    json.Double(*psi);
  } else {
    json.Null();
  }
}

base::Result<void> AnswerDrift(const service::Models& models, const service::Drift& drift,
                               const Request& request, Response& response) {
  const std::string_view id = request.path_parameter("model_id");
  GC_ASSIGN_OR_RETURN(const model::ModelDescription description, models.Find(id));
  GC_ASSIGN_OR_RETURN(const auto report, drift.Latest());
  const service::ModelDrift* const found = report->Find(description.model_id);
  if (found == nullptr) {
    return base::NotFound("model '" + description.model_id +
                          "' is not served by this process, or takes no rows");
  }
  formats::JsonWriter json(response.body());
  json.BeginObject().Key("model_id").String(found->model_id);
  DayField(json, "from", report->from);
  DayField(json, "to", report->to);
  TimestampField(json, "computed_at", report->computed_at);
  json.Key("state").String(service::DriftStateName(found->state));
  json.Key("rows").Integer(static_cast<std::int64_t>(found->rows));
  json.Key("prediction");
  WriteIndex(json, found->prediction);
  json.Key("features").BeginArray();
  for (const service::ModelDrift::Feature& feature : found->features) {
    json.BeginObject().Key("name").String(feature.name).Key("psi");
    WriteIndex(json, feature.psi);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return {};
}

}  // namespace

void AddModelDriftRoute(const service::Models& models, const service::Drift& drift,
                        RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kGet,
       .path = "/models/{model_id}/drift",
       .scope = Scope::kRead,
       .listener = Listener::kPublic,
       .execution = Execution::kBackground,
       .summary = "How far the rows that a version is asked for are from those it was fitted on",
       .tag = "Models",
       .parameters = {{.name = "model_id",
                       .in = ParameterDoc::In::kPath,
                       .presence = ParameterDoc::Presence::kRequired,
                       .schema = R"({"type":"string"})",
                       .description = "pm25_d1_v3_20240131_120000"}},
       .responses = {{200, "Population stability indexes over the sampled rows of the last days",
                      "application/json", "ModelDrift"},
                     {404, "No such model is served", "application/json", "Error"},
                     {503, "The first comparison is running", "application/json", "Error"}},
       .handler = [&models, &drift](const Request& request, Response& response) {
         return AnswerDrift(models, drift, request, response);
       }});
  table.schemas.push_back({"ModelDrift", R"({
    "type": "object",
    "required": ["model_id", "from", "to", "computed_at", "state", "rows", "prediction", "features"],
    "properties": {
      "model_id": {"type": "string"},
      "from": {"type": "string", "format": "date"}, "to": {"type": "string", "format": "date"},
      "computed_at": {"type": "string", "format": "date-time"},
      "state": {"enum": ["measured", "no_training_sample", "too_few_rows"]},
      "rows": {"type": "integer", "description": "Sampled rows of the window that were read"},
      "prediction": {"type": ["number", "null"],
        "description": "Index of what the model answers; above 0.25 is another population"},
      "features": {"type": "array", "items": {"type": "object", "properties": {
        "name": {"type": "string"},
        "psi": {"type": ["number", "null"], "description": "null: not compared"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
