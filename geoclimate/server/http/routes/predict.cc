#include <chrono>
#include <memory>
#include <utility>

#include "geoclimate/server/http/routes/logged_request.h"
#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/server/http/routes/prediction_json.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/scheduled_score.h"

namespace geoclimate::server::http::routes {
namespace {

double Seconds(base::Instant from, base::Instant to) {
  return std::chrono::duration<double>(to - from).count();
}

template <typename T>
std::span<T> AllocateSpan(Arena& arena, std::size_t size) {
  return {static_cast<T*>(arena.Allocate(size * sizeof(T), alignof(T))), size};
}

// An answer on its way: what was read, and what is known of the scores.
struct Prediction {
  PredictBody body;
  base::Instant start;   // of reading
  base::Instant parsed;  // and of scoring
  std::span<float> outputs;
  service::Interval interval;
  bool with_interval = false;
  service::AnswerSource source = service::AnswerSource::kComputed;

  std::span<service::Interval> intervals() {
    return {&interval, static_cast<std::size_t>(with_interval ? 1 : 0)};
  }
};

void Render(const Request& request, const base::Clock& clock, Prediction& prediction,
            Response& response) {
  const service::ServedModel& model = *prediction.body.model;
  const base::Instant scored = clock.MonotonicNow();
  BeginPredictions(response.body());
  AppendPredictions(response.body(), prediction.outputs, Position::kFirst);
  EndPredictions(response.body(), prediction.outputs,
                 {.model = &model,
                  .rows = 1,
                  .columns = prediction.body.row.size(),
                  .intervals = prediction.intervals(),
                  .cached = prediction.source == service::AnswerSource::kCached,
                  .warnings = prediction.body.findings.warnings,
                  .inference = scored - prediction.parsed,
                  .timestamp = request.timestamp()});
  prediction_log::AnsweredRows answered{.at = {},
                                        .count = 1,
                                        .rows = prediction.body.row,
                                        .outputs = prediction.outputs,
                                        .intervals = EndsOf(prediction.intervals())};
  Describe(request, prediction_log::LoggedRoute::kPredict, scored - prediction.parsed, answered);
  model.Log(answered);
  model.metrics.batch_rows.Observe(1);
  model.metrics.parse_seconds.Observe(Seconds(prediction.start, prediction.parsed));
  model.ObserveCompute(scored - prediction.parsed, 1);
  model.metrics.render_seconds.Observe(Seconds(scored, clock.MonotonicNow()));
}

// A row that is too costly for the I/O thread.
class PredictTask final : public ResponseTask {
 public:
  PredictTask(const Request& request, const base::Clock& clock,
              std::shared_ptr<const service::ServedModels> models, Prediction prediction)
      : request_(request),
        clock_(clock),
        models_(std::move(models)),
        prediction_(std::move(prediction)),
        score_(*prediction_.body.model, prediction_.body.row, 1,
               {.deadline = request.deadline(), .now = prediction_.parsed}) {}

  base::Result<void> Submit() {
    return score_.Submit([&waker = request_.waker()] { waker.Wake(); });
  }

  Progress Step(Response& response) override {
    const auto scored = score_.Take(prediction_.outputs, prediction_.intervals());
    if (scored.ok()) {
      if (score_.cached_rows() > 0) prediction_.source = service::AnswerSource::kCached;
      Render(request_, clock_, prediction_, response);
    } else {
      AnswerError(request_, response, scored.error());
    }
    return Progress::kDone;
  }

 private:
  const Request& request_;
  const base::Clock& clock_;
  std::shared_ptr<const service::ServedModels> models_;  // what the body's model lives in
  Prediction prediction_;
  service::ScheduledScore score_;
};

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
    Prediction prediction;
    prediction.start = clock_.MonotonicNow();
    const auto served = models_.Served();
    prediction.body = ReadPredictBody(request.body(), *served, unknown, request.arena(),
                                      SplitKey(request, *served));
    if (prediction.body.error) return *prediction.body.error;
    if (!prediction.body.findings.errors.empty()) {
      AnswerInvalid(request, response, prediction.body.findings.errors);
      return {};
    }
    GC_RETURN_IF_ERROR(Prepare(request, prediction));
    GC_RETURN_IF_ERROR(request.CountRows(1));
    if (prediction.body.model->ScoresInline(1)) {
      GC_ASSIGN_OR_RETURN(
          prediction.source,
          service::ScoreRow(*prediction.body.model, prediction.body.row, prediction.parsed,
                            prediction.outputs, prediction.intervals()));
      Render(request, clock_, prediction, response);
      return {};
    }
    auto task = std::make_unique<PredictTask>(request, clock_, models_.Share(served),
                                              std::move(prediction));
    GC_RETURN_IF_ERROR(task->Submit());
    response.Await(std::move(task));
    return {};
  }

 private:
  base::Result<void> Prepare(const Request& request, Prediction& prediction) const {
    prediction.parsed = clock_.MonotonicNow();
    if (prediction.parsed >= request.deadline().at()) {
      return base::Error(base::ErrorCode::kDeadlineExceeded, "the deadline passed before scoring");
    }
    PredictBody& body = prediction.body;
    prediction.outputs = AllocateSpan<float>(request.arena(), body.model->model->outputs());
    prediction.with_interval = body.wish.interval == PredictionWish::Interval::kP10ToP90;
    if (prediction.with_interval && !service::HasIntervals(*body.model)) {
      prediction.with_interval = false;
      body.findings.AddWarning("the model has no intervals");
    }
    if (!body.model->stands_in.empty()) body.findings.AddWarning(body.model->stands_in);
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
              .effect = Effect::kNone,
              .max_body_bytes = kMostBodyBytes,
              .consumes = {"application/json"},
              .summary = "Score one row of named features",
              .tag = "Prediction",
              .parameters = {{.name = "lenient",
                              .in = ParameterDoc::In::kQuery,
                              .schema = R"({"type":"boolean","default":false})",
                              .description = "Ignore unknown features with a warning"},
                             RoutingKeyParameter()},
              .request_schema = "PredictionRequest",
              .responses = {{200, "The prediction", "application/json", "PredictionResponse"},
                            {404, "No such model, or none of that name in production",
                             "application/json", "Error"},
                            {501, "The model takes tensors, not rows: ask it by /v2",
                             "application/json", "Error"},
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
