#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/formats/json.h"
#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/scheduled_explanation.h"

namespace geoclimate::server::http::routes {
namespace {

// Margins that a request may ask for; the models' own numbers are smaller.
constexpr std::int64_t kMostOutputs = 1 << 16;

void WriteContribution(formats::JsonWriter& json, std::string_view feature, double value,
                       double contribution) {
  json.BeginObject().Key("feature").String(feature);
  // JsonWriter writes NaN, a missing value, as null.
  json.Key("value").Double(value);
  json.Key("contribution").Double(contribution).EndObject();
}

void WriteExplanation(std::string& out, const service::ServedModel& model, const PredictBody& body,
                      float prediction, const inference::Explanation& explanation) {
  formats::JsonWriter json(out);
  json.BeginObject().Key("prediction").Float(prediction);
  json.Key("space").String(inference::SpaceName(explanation.space));
  json.Key("base_value").Double(explanation.base_value);
  json.Key("contributions").BeginArray();
  if (explanation.baseline) {
    WriteContribution(json, "baseline", *explanation.baseline, *explanation.baseline);
  }
  const auto& features = model.schema().features();
  for (std::size_t i = 0; i < features.size(); ++i) {
    WriteContribution(json, features[i].name, double{body.row[i]}, explanation.contributions[i]);
  }
  json.EndArray();
  json.Key("model_id").String(model.description.model_id);
  json.Key("warnings").BeginArray();
  for (const std::string& warning : body.findings.warnings) json.String(warning);
  json.EndArray().EndObject();
}

class ExplainTask final : public ResponseTask {
 public:
  ExplainTask(const Request& request, std::shared_ptr<const service::ServedModels> models,
              PredictBody body, std::size_t output)
      : request_(request),
        models_(std::move(models)),
        body_(std::move(body)),
        explanation_(*body_.model, body_.row, output, request.deadline()) {}

  base::Result<void> Submit() {
    return explanation_.Submit([&waker = request_.waker()] { waker.Wake(); });
  }

  Progress Step(Response& response) override {
    if (const auto explained = explanation_.Take(); explained.ok()) {
      WriteExplanation(response.body(), *body_.model, body_, explained->prediction,
                       explained->explanation);
    } else {
      AnswerError(request_, response, explained.error());
    }
    return Progress::kDone;
  }

 private:
  const Request& request_;
  std::shared_ptr<const service::ServedModels> models_;  // what the body's model lives in
  PredictBody body_;
  service::ScheduledExplanation explanation_;
};

class ExplainHandler {
 public:
  explicit ExplainHandler(const service::Models& models) : models_(models) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    QueryFields query(request);
    const auto unknown =
        query.Flag("lenient").value_or(false) ? UnknownFeatures::kWarn : UnknownFeatures::kRefuse;
    const auto output =
        static_cast<std::size_t>(query.Integer("output", 0, kMostOutputs).value_or(0));
    if (query.AnswerInvalid(response)) return {};
    const auto served = models_.Served();
    PredictBody body = ReadPredictBody(request.body(), *served, unknown, request.arena(),
                                       SplitKey(request, *served));
    if (body.error) return *body.error;
    if (!body.findings.errors.empty()) {
      AnswerInvalid(request, response, body.findings.errors);
      return {};
    }
    const std::size_t outputs = body.model->model->explained_outputs();
    if (outputs > 0 && output >= outputs) {
      query.Wrong("output", fmt::format("the model has {} outputs", outputs));
      query.AnswerInvalid(response);
      return {};
    }
    auto task =
        std::make_unique<ExplainTask>(request, models_.Share(served), std::move(body), output);
    GC_RETURN_IF_ERROR(request.CountRows(1));
    GC_RETURN_IF_ERROR(task->Submit());
    response.Await(std::move(task));
    return {};
  }

 private:
  const service::Models& models_;
};

constexpr std::size_t kMostBodyBytes = std::size_t{1} << 20;

}  // namespace

void AddExplainRoute(const service::Models& models, RouteTable& table) {
  table.routes.push_back(
      {.method = Method::kPost,
       .path = "/explain",
       .scope = Scope::kPredict,
       .listener = Listener::kPublic,
       .effect = Effect::kNone,
       .max_body_bytes = kMostBodyBytes,
       .consumes = {"application/json"},
       .summary = "Say what moved the prediction of one row of named features, by exact TreeSHAP",
       .tag = "Prediction",
       .parameters = {{.name = "lenient",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"boolean","default":false})",
                       .description = "Ignore unknown features with a warning"},
                      {.name = "output",
                       .in = ParameterDoc::In::kQuery,
                       .schema = R"({"type":"integer","minimum":0,"default":0})",
                       .description = "Of a model with several margins, the one to explain"},
                      RoutingKeyParameter()},
       .request_schema = "PredictionRequest",
       .responses = {{200, "The explanation", "application/json", "Explanation"},
                     {404, "No such model, or none of that name in production", "application/json",
                      "Error"},
                     {501, "The model cannot be explained, and why", "application/json", "Error"},
                     {504, "The deadline passed", "application/json", "Error"}},
       .handler = ExplainHandler(models)});
  table.schemas.push_back({"Explanation", R"({
    "type": "object",
    "properties": {
      "prediction": {"type": "number"},
      "space": {"enum": ["margin", "concentration", "log"],
                "description": "Where base_value and all contributions add up"},
      "base_value": {"type": "number", "description": "Of the mean training row"},
      "contributions": {"type": "array", "items": {"type": "object", "properties": {
        "feature": {"type": "string", "description": "Or \"baseline\", what a forecaster's baseline says"},
        "value": {"type": ["number", "null"]}, "contribution": {"type": "number"}}}},
      "model_id": {"type": "string"},
      "warnings": {"type": "array", "items": {"type": "string"}}}})"});
}

}  // namespace geoclimate::server::http::routes
