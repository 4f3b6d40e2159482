#include <charconv>
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
using inference::TensorSpec;

// Answers for the model that the path names.
using ModelAnswer =
    std::function<void(const service::ServedModels&, const service::ServedModel&, Response&)>;

Handler ForModel(const service::Models& models, std::string_view path, ModelAnswer answer) {
  const bool has_version = path.find("{version}") != std::string_view::npos;
  return AnsweringV2Errors([&models, has_version, answer = std::move(answer)](
                               const Request& request, Response& response) -> base::Result<void> {
    const auto served = models.Served();
    GC_ASSIGN_OR_RETURN(
        const service::ServedModel* const model,
        service::ChooseByVersion(*served, request.path_parameter("model_name"),
                                 has_version ? request.path_parameter("version") : ""));
    answer(*served, *model, response);
    return {};
  });
}

void WriteShape(JsonWriter& json, std::string_view key, std::span<const std::int64_t> shape) {
  json.Key(key).BeginArray();
  for (const std::int64_t axis : shape) json.Integer(axis);
  json.EndArray();
}

void WriteTensors(JsonWriter& json, std::string_view key, std::span<const TensorSpec> specs) {
  json.Key(key).BeginArray();
  for (const TensorSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name);
    json.Key("datatype").String(inference::TensorTypeName(spec.type));
    WriteShape(json, "shape", spec.shape);
    json.EndObject();
  }
  json.EndArray();
}

void AnswerMetadata(const service::ServedModels& models, const service::ServedModel& served,
                    Response& response) {
  JsonWriter json(response.body());
  json.BeginObject().Key("name").String(served.description.model_name);
  json.Key("versions").BeginArray();
  for (const int version : service::UsableVersions(models, served.description.model_name)) {
    json.String(fmt::format("{}", version));
  }
  json.EndArray().Key("platform").String(served.description.model_type);
  WriteTensors(json, "inputs", served.model->tensor_inputs());
  WriteTensors(json, "outputs", served.model->tensor_outputs());
  json.EndObject();
}

void WriteConfiguredTensors(JsonWriter& json, std::string_view key,
                            const service::ModelConfiguration& configuration,
                            std::span<const TensorSpec> specs) {
  json.Key(key).BeginArray();
  for (const TensorSpec& spec : specs) {
    json.BeginObject().Key("name").String(spec.name);
    json.Key("data_type").String(service::ConfiguredTypeName(spec.type));
    WriteShape(json, "dims", configuration.Dims(spec));
    json.EndObject();
  }
  json.EndArray();
}

void AnswerConfiguration(const service::ServedModel& served, const PredictionLimits& limits,
                         Response& response) {
  const service::ModelConfiguration configuration(served, limits.max_batch_rows);
  JsonWriter json(response.body());
  json.BeginObject().Key("name").String(served.description.model_name);
  json.Key("platform").String(served.description.model_type).Key("backend").String("geoclimate");
  json.Key("version_policy").BeginObject().Key("specific").BeginObject();
  json.Key("versions").BeginArray().Integer(served.description.version).EndArray();
  json.EndObject().EndObject();
  json.Key("max_batch_size").Integer(configuration.max_batch_size);
  WriteConfiguredTensors(json, "input", configuration, served.model->tensor_inputs());
  WriteConfiguredTensors(json, "output", configuration, served.model->tensor_outputs());
  json.EndObject();
}

void AnswerReady(const service::ServedModel& served, Response& response) {
  JsonWriter json(response.body());
  json.BeginObject().Key("name").String(served.description.model_name);
  json.Key("ready").Bool(true).EndObject();
}

constexpr std::string_view kTensors = R"({"type": "array", "items": {
  "type": "object", "required": ["name", "datatype", "shape"], "properties": {
    "name": {"type": "string"}, "datatype": {"type": "string"},
    "shape": {"type": "array", "items": {"type": "integer"}}}}})";

}  // namespace

void AddV2ModelRoutes(const service::Models& models, const PredictionLimits& limits,
                      RouteTable& table) {
  const auto add = [&](std::string_view path, std::string_view summary, std::string_view schema,
                       ModelAnswer answer) {
    table.routes.push_back(
        {.method = Method::kGet,
         .path = path,
         .scope = Scope::kRead,
         .listener = Listener::kPublic,
         .summary = summary,
         .tag = "Open Inference Protocol",
         .responses = WithV2Errors({{200, "The model", "application/json", schema}}),
         .handler = ForModel(models, path, std::move(answer))});
  };
  const ModelAnswer ready = [](const auto&, const service::ServedModel& served,
                               Response& response) { AnswerReady(served, response); };
  const ModelAnswer config = [limits](const auto&, const service::ServedModel& served,
                                      Response& response) {
    AnswerConfiguration(served, limits, response);
  };
  constexpr std::string_view kReadySchema = R"({"type": "object", "required": ["name", "ready"],
    "properties": {"name": {"type": "string"}, "ready": {"const": true}}})";
  add("/v2/models/{model_name}", "What a model takes and gives", "V2Model", AnswerMetadata);
  add("/v2/models/{model_name}/versions/{version}", "The same of one version", "V2Model",
      AnswerMetadata);
  add("/v2/models/{model_name}/ready", "The model can be asked", kReadySchema, ready);
  add("/v2/models/{model_name}/versions/{version}/ready", "The version can be asked", kReadySchema,
      ready);
  add("/v2/models/{model_name}/config", "Its configuration as Triton would have it",
      "V2ModelConfiguration", config);
  add("/v2/models/{model_name}/versions/{version}/config", "The same of one version",
      "V2ModelConfiguration", config);
  table.schemas.push_back({"V2Tensors", kTensors});
  table.schemas.push_back({"V2Model", R"({
    "type": "object", "required": ["name", "versions", "platform", "inputs", "outputs"],
    "properties": {
      "name": {"type": "string"}, "platform": {"type": "string"},
      "versions": {"type": "array", "items": {"type": "string"}},
      "inputs": {"$ref": "#/components/schemas/V2Tensors"},
      "outputs": {"$ref": "#/components/schemas/V2Tensors"}}})"});
  table.schemas.push_back({"V2ModelConfiguration", R"({
    "type": "object", "required": ["name", "max_batch_size", "input", "output"], "properties": {
      "name": {"type": "string"}, "platform": {"type": "string"}, "backend": {"type": "string"},
      "max_batch_size": {"type": "integer"}, "version_policy": {"type": "object"},
      "input": {"type": "array", "items": {"type": "object"}},
      "output": {"type": "array", "items": {"type": "object"}}}})"});
}

}  // namespace geoclimate::server::http::routes
