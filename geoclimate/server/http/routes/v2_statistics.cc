#include <string>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/v2_error.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::http::routes {
namespace {

using formats::JsonWriter;

std::int64_t Whole(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

void WriteDuration(JsonWriter& json, std::string_view key,
                   const service::InferenceStatistics::Duration& duration) {
  json.Key(key).BeginObject();
  json.Key("count").Integer(Whole(duration.count));
  json.Key("ns").Integer(Whole(duration.nanoseconds)).EndObject();
}

void WriteModel(JsonWriter& json, const service::ServedModel& served) {
  service::InferenceStatistics::Totals totals;
  if (served.metrics.inference != nullptr) totals = served.metrics.inference->Read();
  json.BeginObject().Key("name").String(served.description.model_name);
  json.Key("version").String(fmt::format("{}", served.description.version));
  json.Key("last_inference").Integer(Whole(totals.last_inference_ms));
  json.Key("inference_count").Integer(Whole(totals.inferences));
  json.Key("execution_count").Integer(Whole(totals.executions));
  json.Key("inference_stats").BeginObject();
  WriteDuration(json, "success", totals.success);
  WriteDuration(json, "fail", totals.failure);
  WriteDuration(json, "queue", totals.queue);
  WriteDuration(json, "compute_input", totals.compute_input);
  WriteDuration(json, "compute_infer", totals.compute_infer);
  WriteDuration(json, "compute_output", totals.compute_output);
  WriteDuration(json, "cache_hit", {});
  WriteDuration(json, "cache_miss", {});
  json.EndObject().Key("batch_stats").BeginArray().EndArray().EndObject();
}

base::Result<void> Answer(const service::Models& models, std::string_view name,
                          std::string_view version, Response& response) {
  const auto served = models.Served();
  GC_ASSIGN_OR_RETURN(const auto found, service::UsableModels(*served, name, version));
  JsonWriter json(response.body());
  json.BeginObject().Key("model_stats").BeginArray();
  for (const service::ServedModel* const one : found) WriteModel(json, *one);
  json.EndArray().EndObject();
  return {};
}

}  // namespace

void AddV2StatisticsRoutes(const service::Models& models, RouteTable& table) {
  const auto add = [&](std::string_view path) {
    const bool has_name = path.find("{model_name}") != std::string_view::npos;
    const bool has_version = path.find("{version}") != std::string_view::npos;
    table.routes.push_back(
        {.method = Method::kGet,
         .path = path,
         .scope = Scope::kRead,
         .listener = Listener::kPublic,
         .summary = "Inferences of this protocol since the process loaded the version",
         .tag = "Open Inference Protocol",
         .responses = WithV2Errors({{200, "A version each", "application/json", "V2Statistics"}}),
         .handler = AnsweringV2Errors(
             [&models, has_name, has_version](const Request& request, Response& response) {
               return Answer(models, has_name ? request.path_parameter("model_name") : "",
                             has_version ? request.path_parameter("version") : "", response);
             })});
  };
  add("/v2/models/stats");
  add("/v2/models/{model_name}/stats");
  add("/v2/models/{model_name}/versions/{version}/stats");
  table.schemas.push_back({"V2Statistics", R"({
    "type": "object", "required": ["model_stats"], "properties": {
      "model_stats": {"type": "array", "items": {
        "type": "object", "required": ["name", "version", "inference_stats"], "properties": {
          "name": {"type": "string"}, "version": {"type": "string"},
          "last_inference": {"type": "integer", "description": "Milliseconds since 1970"},
          "inference_count": {"type": "integer"}, "execution_count": {"type": "integer"},
          "inference_stats": {"type": "object", "additionalProperties": {
            "type": "object", "properties": {
              "count": {"type": "integer"}, "ns": {"type": "integer"}}}},
          "batch_stats": {"type": "array"}}}}}})"});
}

}  // namespace geoclimate::server::http::routes
