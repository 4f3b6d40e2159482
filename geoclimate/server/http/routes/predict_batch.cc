#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/server/http/routes/batch_body.h"
#include "geoclimate/server/http/routes/logged_request.h"
#include "geoclimate/server/http/routes/prediction_json.h"
#include "geoclimate/server/http/routes/query_fields.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/scheduled_score.h"

namespace geoclimate::server::http::routes {
namespace {

using std::chrono::duration;

// What a turn of the I/O thread may take; checked after each slice of rows.
constexpr std::chrono::microseconds kTurn{200};
constexpr std::size_t kSliceRows = service::CachedBatch::kMostRows;

// Reads, scores and renders a batch, a turn at a time.
class BatchTask final : public ResponseTask {
 public:
  BatchTask(const Request& request, std::shared_ptr<const service::ServedModels> models,
            const base::Clock& clock)
      : request_(request), models_(std::move(models)), clock_(clock) {}

  // Before the first Step().
  void set_reader(std::unique_ptr<BatchReader> reader) { reader_ = std::move(reader); }

  Progress Step(Response& response) override {
    const base::Instant start = clock_.MonotonicNow();
    if (start >= request_.deadline().at()) {
      return Fail(response, base::Error(base::ErrorCode::kDeadlineExceeded,
                                        "the deadline passed before the batch was scored"));
    }
    do {
      const Progress progress = Advance(response);
      if (progress != Progress::kMore) return progress;
    } while (clock_.MonotonicNow() - start < kTurn);
    return Progress::kMore;
  }

 private:
  enum class Phase { kRead, kScore, kRender };

  Progress Advance(Response& response) {
    const base::Instant start = clock_.MonotonicNow();
    Progress progress = Progress::kMore;
    const Phase phase = phase_;
    switch (phase) {
      case Phase::kRead:
        progress = Read(response);
        break;
      case Phase::kScore:
        progress = Score(response);
        break;
      case Phase::kRender:
        progress = Render(response);
        break;
    }
    spent_[static_cast<std::size_t>(phase)] += clock_.MonotonicNow() - start;
    if (phase == Phase::kRender && progress == Progress::kDone) Measure();
    return progress;
  }

  Progress Read(Response& response) {
    if (reader_->Read(kSliceRows) == BatchReader::Progress::kMore) return Progress::kMore;
    const BatchRows& rows = reader_->rows();
    if (rows.refused()) return Refuse(response, rows);
    if (const auto counted = request_.CountRows(rows.count); !counted.ok()) {
      return Fail(response, counted.error());
    }
    columns_ = rows.model == nullptr ? 0 : rows.model->schema().size();
    with_intervals_ = rows.wish.interval == PredictionWish::Interval::kP10ToP90 && rows.count > 0;
    if (with_intervals_ && !service::HasIntervals(*rows.model)) {
      with_intervals_ = false;
      reader_->rows().findings.AddWarning("the model has no intervals");
    }
    if (rows.model != nullptr) predictions_.resize(rows.count * rows.model->model->outputs());
    if (rows.model != nullptr && !rows.model->stands_in.empty()) {
      reader_->rows().findings.AddWarning(rows.model->stands_in);
    }
    if (with_intervals_) intervals_.resize(rows.count);
    phase_ = Phase::kScore;
    const bool is_inline = rows.count == 0 || rows.model->ScoresInline(rows.count);
    return is_inline ? Progress::kMore : Schedule(response);
  }

  // The rows are too many, or too costly, for this thread.
  Progress Schedule(Response& response) {
    const BatchRows& rows = reader_->rows();
    scheduled_at_ = clock_.MonotonicNow();
    scheduled_.emplace(
        *rows.model, rows.values, rows.count,
        service::ScheduledScore::Options{.deadline = request_.deadline(), .now = scheduled_at_});
    const auto submitted = scheduled_->Submit([&waker = request_.waker()] { waker.Wake(); });
    return submitted.ok() ? Progress::kWaiting : Fail(response, submitted.error());
  }

  Progress Refuse(Response& response, const BatchRows& rows) {
    if (rows.size == BatchRows::Size::kTooLarge) {
      AnswerError(request_, response, 413,
                  base::OutOfRange("the batch has more rows than serving.batch.max_size allows"));
    } else if (rows.error) {
      AnswerError(request_, response, *rows.error);
    } else {
      AnswerInvalid(request_, response, rows.findings.errors);
    }
    return Progress::kDone;
  }

  Progress TakeScheduled(Response& response) {
    const auto scored = scheduled_->Take(predictions_, intervals_);
    cached_rows_ = scheduled_->cached_rows();
    scheduled_.reset();
    if (!scored.ok()) return Fail(response, scored.error());
    done_ = reader_->rows().count;
    spent_[static_cast<std::size_t>(Phase::kScore)] += clock_.MonotonicNow() - scheduled_at_;
    return Progress::kMore;
  }

  Progress Score(Response& response) {
    if (scheduled_) return TakeScheduled(response);
    const BatchRows& rows = reader_->rows();
    if (done_ == rows.count) {
      phase_ = Phase::kRender;
      done_ = 0;
      BeginPredictions(response.body());
      return Progress::kMore;
    }
    const std::size_t size = std::min({RowsOfTurn(*rows.model), kSliceRows, rows.count - done_});
    const std::size_t outputs = rows.model->model->outputs();
    const std::span<const float> values =
        std::span(rows.values).subspan(done_ * columns_, size * columns_);
    const std::span<float> out = std::span(predictions_).subspan(done_ * outputs, size * outputs);
    const std::span<service::Interval> intervals =
        std::span(intervals_).subspan(with_intervals_ ? done_ : 0, with_intervals_ ? size : 0);
    const auto scored = cached_batch_.Score(*rows.model, values, size, done_, clock_.MonotonicNow(),
                                            out, intervals);
    if (!scored.ok()) return Fail(response, scored.error());
    cached_rows_ += *scored;
    done_ += size;
    return Progress::kMore;
  }

  static std::size_t RowsOfTurn(const service::ServedModel& model) {
    return model.scheduler == nullptr ? kSliceRows : model.scheduler->RowsIn(kTurn);
  }

  Progress Render(Response& response) {
    constexpr std::size_t kSliceValues = 1000;
    const std::size_t size = std::min(kSliceValues, predictions_.size() - done_);
    AppendPredictions(response.body(), std::span(predictions_).subspan(done_, size),
                      done_ == 0 ? Position::kFirst : Position::kLater);
    done_ += size;
    if (done_ < predictions_.size()) return Progress::kMore;
    const BatchRows& rows = reader_->rows();
    EndPredictions(response.body(), predictions_,
                   {.model = rows.model,
                    .rows = rows.count,
                    .columns = columns_,
                    .intervals = intervals_,
                    .cached = rows.count > 0 && cached_rows_ == rows.count,
                    .warnings = rows.findings.warnings,
                    .inference = spent_[static_cast<std::size_t>(Phase::kScore)],
                    .timestamp = request_.timestamp()});
    return Progress::kDone;
  }

  void Measure() const {
    const BatchRows& rows = reader_->rows();
    if (rows.model == nullptr) return;
    prediction_log::AnsweredRows answered{.at = {},
                                          .count = rows.count,
                                          .rows = rows.values,
                                          .outputs = predictions_,
                                          .intervals = EndsOf(intervals_)};
    Describe(request_, prediction_log::LoggedRoute::kBatch, spent_[1], answered);
    rows.model->Log(answered);
    const service::PredictionMetrics& metrics = rows.model->metrics;
    metrics.batch_rows.Observe(static_cast<double>(rows.count));
    metrics.parse_seconds.Observe(duration<double>(spent_[0]).count());
    rows.model->ObserveCompute(spent_[1], rows.count);
    metrics.render_seconds.Observe(duration<double>(spent_[2]).count());
  }

  Progress Fail(Response& response, const base::Error& error) {
    response.Reset();
    AnswerError(request_, response, error);
    return Progress::kDone;
  }

  const Request& request_;
  std::shared_ptr<const service::ServedModels> models_;  // what the rows' model lives in
  const base::Clock& clock_;
  std::unique_ptr<BatchReader> reader_;
  Phase phase_ = Phase::kRead;
  std::size_t columns_ = 0;
  std::size_t done_ = 0;
  bool with_intervals_ = false;
  std::vector<float> predictions_;
  std::vector<service::Interval> intervals_;
  std::optional<service::ScheduledScore> scheduled_;
  base::Instant scheduled_at_;
  service::CachedBatch cached_batch_;
  std::size_t cached_rows_ = 0;
  std::array<std::chrono::nanoseconds, 3> spent_{};
};

class BatchHandler {
 public:
  BatchHandler(const service::Models& models, const base::Clock& clock,
               const PredictionLimits& limits)
      : models_(models), clock_(clock), limits_(limits) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    QueryFields query(request);
    std::shared_ptr<const service::ServedModels> models = models_.ServedShared();
    const service::ServedModels& set = *models;
    BatchReaderOptions options{.max_rows = limits_.max_batch_rows,
                               .split_key = SplitKey(request, set)};
    if (query.Flag("lenient").value_or(false)) options.unknown = UnknownFeatures::kWarn;
    PredictionWish wish;
    wish.choice = {.model_id = query.Text("model_id").value_or(""),
                   .model_name = query.Text("model_name").value_or(""),
                   .split_key = options.split_key};
    if (query.Flag("return_interval").value_or(false)) {
      wish.interval = PredictionWish::Interval::kP10ToP90;
    }
    if (query.AnswerInvalid(response)) return {};
    auto task = std::make_unique<BatchTask>(request, std::move(models), clock_);
    task->set_reader(request.media_type() == "text/csv"
                         ? MakeCsvBatchReader(request.body(), set, wish, options)
                         : MakeJsonBatchReader(request.body(), set, options, request.arena()));
    // Most batches are done in their first turn.
    switch (task->Step(response)) {
      case ResponseTask::Progress::kMore:
        response.Continue(Response::Delivery::kWhole, std::move(task));
        break;
      case ResponseTask::Progress::kWaiting:
        response.Await(std::move(task));
        break;
      case ResponseTask::Progress::kDone:
        break;
    }
    return {};
  }

 private:
  const service::Models& models_;
  const base::Clock& clock_;
  const PredictionLimits limits_;
};

constexpr std::size_t kMostBodyBytes = std::size_t{16} << 20;

}  // namespace

void AddPredictBatchRoute(const service::Models& models, const base::Clock& clock,
                          const PredictionLimits& limits, RouteTable& table) {
  const auto in_query = [](std::string_view name, std::string_view schema,
                           std::string_view description) {
    return ParameterDoc{
        .name = name, .in = ParameterDoc::In::kQuery, .schema = schema, .description = description};
  };
  Route route{
      .method = Method::kPost,
      .path = "/predict/batch",
      .scope = Scope::kPredict,
      .listener = Listener::kPublic,
      .effect = Effect::kNone,
      .max_body_bytes = kMostBodyBytes,
      .consumes = {"application/json", "text/csv"},
      .summary = "Score many rows of named features",
      .tag = "Prediction",
      .parameters = {in_query("lenient", R"({"type":"boolean","default":false})",
                              "Ignore unknown features with a warning"),
                     in_query("model_id", R"({"type":"string"})", "For a CSV body"),
                     in_query("model_name", R"({"type":"string"})", "For a CSV body"),
                     in_query("return_interval", R"({"type":"boolean","default":false})",
                              "For a CSV body"),
                     RoutingKeyParameter()},
      .request_schema = "BatchPredictionRequest",
      .responses = {{200, "The predictions, in the order of the rows", "application/json",
                     "PredictionResponse"},
                    {404, "No such model, or none of that name in production", "application/json",
                     "Error"},
                    {501, "The model takes tensors, not rows: ask it by /v2", "application/json",
                     "Error"},
                    {413, "More rows than serving.batch.max_size", "application/json", "Error"},
                    {504, "The deadline passed", "application/json", "Error"}},
      .handler = BatchHandler(models, clock, limits)};
  table.routes.push_back(std::move(route));
  table.schemas.push_back({"BatchPredictionRequest", R"({
    "type": "object",
    "properties": {
      "data": {"type": "array", "items": {"type": "object",
               "additionalProperties": {"type": ["number", "null"]}}},
      "dataframe_split": {"type": "object", "required": ["columns", "data"], "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "data": {"type": "array",
                 "items": {"type": "array", "items": {"type": ["number", "null"]}}}}},
      "model_id": {"type": ["string", "null"]},
      "model_name": {"type": ["string", "null"]},
      "return_interval": {"type": "boolean", "default": false}}})"});
}

}  // namespace geoclimate::server::http::routes
