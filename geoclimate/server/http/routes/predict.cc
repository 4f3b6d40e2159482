#include <chrono>
#include <utility>

#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/server/http/routes/prediction_json.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/prediction.h"

namespace geoclimate::server::http::routes {
namespace {

double Seconds(base::Instant from, base::Instant to) {
  return std::chrono::duration<double>(to - from).count();
}

template <typename T>
std::span<T> AllocateSpan(Arena& arena, std::size_t size) {
  return {static_cast<T*>(arena.Allocate(size * sizeof(T), alignof(T))), size};
}

class PredictHandler {
 public:
  PredictHandler(const service::Models& models, const base::Clock& clock)
      : models_(models), clock_(clock) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    auto unknown = UnknownFeatures::kRefuse;
    if (!request.raw_query().empty()) {
      QueryFields query(request);
      if (query.Flag("lenient").value_or(false)) unknown = UnknownFeatures::kWarn;
      if (query.AnswerInvalid(response)) return {};
    }
    const base::Instant start = clock_.MonotonicNow();
    const auto served = models_.Served();
    PredictBody body = ReadPredictBody(request.body(), *served, unknown, request.arena());
    if (body.error) return *body.error;
    if (!body.findings.errors.empty()) {
      AnswerInvalid(request, response, body.findings.errors);
      return {};
    }
    return Answer(request, body, start, response);
  }

 private:
  base::Result<void> Answer(const Request& request, PredictBody& body, base::Instant start,
                            Response& response) const {
    const service::ServedModel& model = *body.model;
    const base::Instant parsed = clock_.MonotonicNow();
    if (parsed >= request.deadline().at()) {
      return base::Error(base::ErrorCode::kDeadlineExceeded, "the deadline passed before scoring");
    }
    const auto predictions = AllocateSpan<float>(request.arena(), model.model->outputs());
    service::Interval interval;
    bool with_interval = body.wish.interval == PredictionWish::Interval::kP10ToP90;
    if (with_interval && !service::HasIntervals(model)) {
      with_interval = false;
      body.findings.AddWarning("the model has no intervals");
    }
    if (with_interval) {
      GC_RETURN_IF_ERROR(
          service::ScoreWithIntervals(model, body.row, 1, 0, predictions, {&interval, 1}));
    } else {
      GC_RETURN_IF_ERROR(service::Score(model, body.row, 1, 0, predictions));
    }
    const base::Instant scored = clock_.MonotonicNow();
    BeginPredictions(response.body());
    AppendPredictions(response.body(), predictions, Position::kFirst);
    PredictionAnswer answer{.model = &model,
                            .rows = 1,
                            .columns = body.row.size(),
                            .intervals = {},
                            .warnings = body.findings.warnings,
                            .inference = scored - parsed,
                            .timestamp = request.timestamp()};
    if (with_interval) answer.intervals = {&interval, 1};
    EndPredictions(response.body(), predictions, answer);
    model.metrics.batch_rows.Observe(1);
    model.metrics.parse_seconds.Observe(Seconds(start, parsed));
    model.metrics.compute_seconds.Observe(Seconds(parsed, scored));
    model.metrics.render_seconds.Observe(Seconds(scored, clock_.MonotonicNow()));
    return {};
  }

  const service::Models& models_;
  const base::Clock& clock_;
};

constexpr std::size_t kMostBodyBytes = std::size_t{1} << 20;

}  // namespace

void AddPredictRoute(const service::Models& models, const base::Clock& clock, RouteTable& table) {
  Route route{.method = Method::kPost,
              .path = "/predict",
              .scope = Scope::kPredict,
              .listener = Listener::kPublic,
              .max_body_bytes = kMostBodyBytes,
              .consumes = {"application/json"},
              .summary = "Score one row of named features",
              .tag = "Prediction",
              .parameters = {{.name = "lenient",
                              .in = ParameterDoc::In::kQuery,
                              .schema = R"({"type":"boolean","default":false})",
                              .description = "Ignore unknown features with a warning"}},
              .request_schema = "PredictionRequest",
              .responses = {{200, "The prediction", "application/json", "PredictionResponse"},
                            {504, "The deadline passed", "application/json", "Error"}},
              .handler = PredictHandler(models, clock)};
  table.routes.push_back(std::move(route));
  table.schemas.push_back({"PredictionRequest", R"({
    "type": "object", "required": ["data"],
    "properties": {
      "data": {"type": "object", "additionalProperties": {"type": ["number", "null"]},
               "description": "Features by name; null or absent is missing"},
      "model_id": {"type": ["string", "null"], "description": "A version, or NAME@ALIAS"},
      "model_name": {"type": ["string", "null"], "description": "Its version in production"},
      "return_interval": {"type": "boolean", "default": false}}})"});
}

}  // namespace geoclimate::server::http::routes
