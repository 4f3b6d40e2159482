#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/server/http/ascii.h"
#include "geoclimate/server/http/routes/logged_request.h"
#include "geoclimate/server/http/routes/predict_body.h"
#include "geoclimate/server/http/routes/routes.h"
#include "geoclimate/server/http/routes/v2_error.h"
#include "geoclimate/server/http/routes/v2_infer_answer.h"
#include "geoclimate/server/http/routes/v2_infer_body.h"
#include "geoclimate/service/scheduled_inference.h"
#include "geoclimate/service/tensor_inference.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::http::routes {
namespace {

// What a turn of the I/O thread may take; checked after each slice.
constexpr std::chrono::microseconds kTurn{200};
constexpr std::size_t kSliceRows = 64;
constexpr std::size_t kSliceElements = 1000;
constexpr std::size_t kMostBodyBytes = std::size_t{16} << 20;

// Where the JSON of a body ends, as the binary tensor extension says. `kRaw`: there is none, the
// body is the one tensor of the model.
struct BodyParts {
  enum class Kind : std::uint8_t { kTensors, kRaw } kind = Kind::kTensors;
  std::string_view json;
  std::string_view binary;
};

base::Result<BodyParts> SplitBody(const Request& request) {
  BodyParts parts{.json = request.body(), .binary = {}};
  const auto field = request.header("Inference-Header-Content-Length");
  if (!field.has_value()) return parts;
  const auto length = ParseDigits(*field);
  if (!length.has_value() || *length > request.body().size()) {
    return base::InvalidArgument(
        fmt::format("Inference-Header-Content-Length is '{}', the body has {} bytes", *field,
                    request.body().size()));
  }
  parts.json = request.body().substr(0, *length);
  parts.binary = request.body().substr(*length);
  if (*length == 0) parts.kind = BodyParts::Kind::kRaw;
  return parts;
}

// Reads, scores and renders one request, a turn at a time. Begins on its handler's stack; one that
// needs more than a turn goes on from the heap, and there may wait for the model's scheduler.
class InferTask final : public ResponseTask {
 public:
  InferTask(const Request& request, inference::SnapshotRef<service::ServedModels> models,
            const service::ServedModel& model, const BodyParts& parts, std::size_t most_rows,
            const base::Clock& clock)
      : request_(&request),
        models_(std::in_place, std::move(models)),
        model_(&model),
        clock_(&clock),
        parts_(parts),
        most_rows_(most_rows),
        reader_(parts.json, parts.binary, request.arena()),
        raw_(request.arena()),
        started_(clock.MonotonicNow()),
        phase_started_(started_) {}
  InferTask(InferTask&&) noexcept = default;

  // Where it stands now it stays, and keeps the models that it began with for as long as it takes.
  void Settle(const service::Models& models) {
    shared_models_ = models.Share(*models_);
    models_.reset();
  }

  Progress Step(Response& response) override {
    const base::Instant turn = clock_->MonotonicNow();
    if (turn >= Deadline().at()) {
      return Fail(response, base::Error(base::ErrorCode::kDeadlineExceeded,
                                        "the deadline passed before the request was answered"));
    }
    do {
      const Progress progress = Advance(response);
      if (progress != Progress::kMore) return progress;
    } while (!must_settle() && clock_->MonotonicNow() - turn < kTurn);
    return Progress::kMore;
  }

 private:
  enum class Phase : std::uint8_t { kRead, kScore, kRender };

  // It is to wait and still lies on a stack.
  bool must_settle() const {
    return phase_ == Phase::kScore && models_.has_value() && !run_->ScoresInline();
  }

  const InferBody& body() const {
    return parts_.kind == BodyParts::Kind::kRaw ? raw_ : reader_.body();
  }

  base::Deadline Deadline() const {
    const std::uint64_t timeout = body().timeout_us;
    if (timeout == 0) return request_->deadline();
    // Longer than any deadline of the server's own: bounds the sum below.
    constexpr std::uint64_t kLongest = std::uint64_t{1} << 40U;
    return request_->deadline().EarlierOf(base::Deadline::At(
        request_->received_at() + std::chrono::microseconds(std::min(timeout, kLongest))));
  }

  Progress Advance(Response& response) {
    switch (phase_) {
      case Phase::kRead:
        return Read(response);
      case Phase::kScore:
        return Score(response);
      case Phase::kRender:
        return Render(response);
    }
    return Progress::kDone;
  }

  Progress Read(Response& response) {
    if (parts_.kind == BodyParts::Kind::kRaw) {
      if (const auto taken = TakeRaw(); !taken.ok()) return Fail(response, taken.error());
    } else {
      if (reader_.Read(kSliceElements) == InferBodyReader::Progress::kMore) return Progress::kMore;
      if (reader_.error().has_value()) return Fail(response, *reader_.error());
    }
    auto prepared = service::TensorInference::Prepare(*model_, body().inputs, body().outputs,
                                                      most_rows_, request_->arena());
    if (!prepared.ok()) return Fail(response, prepared.error());
    run_.emplace(*std::move(prepared));
    if (const auto counted = request_->CountRows(run_->rows()); !counted.ok()) {
      return Fail(response, counted.error());
    }
    times_.compute_input = Lap();
    if (phase_started_ >= Deadline().at()) {
      return Fail(response, base::Error(base::ErrorCode::kDeadlineExceeded,
                                        "the deadline passed before the rows were scored"));
    }
    phase_ = Phase::kScore;
    return Progress::kMore;
  }

  // The body is the model's only input, whose shape follows from its size.
  base::Result<void> TakeRaw() {
    const std::span<const inference::TensorSpec> specs = model_->model->tensor_inputs();
    if (specs.size() != 1 || std::ranges::count(specs[0].shape, -1) > 1) {
      return base::InvalidArgument(
          "a raw body needs a model of one input with at most one axis that varies");
    }
    const inference::TensorSpec& spec = specs[0];
    std::size_t each = inference::ElementBytes(spec.type);
    for (const std::int64_t axis : spec.shape) {
      if (axis > 0) each *= static_cast<std::size_t>(axis);
    }
    if (parts_.binary.size() % each != 0) {
      return base::InvalidArgument(
          fmt::format("input '{}': a raw body of {} bytes is no multiple of {}", spec.name,
                      parts_.binary.size(), each));
    }
    Arena& arena = request_->arena();
    const std::span<std::int64_t> shape = {
        static_cast<std::int64_t*>(
            arena.Allocate(spec.shape.size() * sizeof(std::int64_t), alignof(std::int64_t))),
        spec.shape.size()};
    std::ranges::replace_copy(spec.shape, shape.begin(), std::int64_t{-1},
                              static_cast<std::int64_t>(parts_.binary.size() / each));
    raw_.inputs.push_back(
        {.name = spec.name,
         .tensor = {
             .type = spec.type, .shape = shape, .bytes = std::as_bytes(std::span(parts_.binary))}});
    raw_.form = TensorForm::kBinary;
    return {};
  }

  // The rows are too many, or too costly, for this thread.
  Progress Schedule(Response& response) {
    scheduled_ = std::make_unique<service::ScheduledInference>(
        *run_, service::ScheduledInference::Options{
                   .deadline = Deadline(), .priority = service::PriorityOf(body().priority)});
    const auto submitted = scheduled_->Submit([&waker = request_->waker()] { waker.Wake(); });
    return submitted.ok() ? Progress::kWaiting : Fail(response, submitted.error());
  }

  Progress Score(Response& response) {
    if (!run_->done() && !run_->ScoresInline() && scheduled_ == nullptr) {
      return models_.has_value() ? Progress::kMore : Schedule(response);
    }
    if (scheduled_ != nullptr) {
      times_.queue = scheduled_->waited();
      if (const auto taken = scheduled_->Take(); !taken.ok()) return Fail(response, taken.error());
      scheduled_.reset();
    } else if (!run_->done()) {
      const auto scored = run_->Score(kSliceRows);
      if (!scored.ok()) return Fail(response, scored.error());
    }
    if (!run_->done()) return Progress::kMore;
    times_.compute_infer = Lap() - times_.queue;
    writer_.emplace(InferAnswerHead{.model_name = model_->description.model_name,
                                    .model_version = model_->description.version,
                                    .id = body().id},
                    run_->outputs());
    phase_ = Phase::kRender;
    return Progress::kMore;
  }

  Progress Render(Response& response) {
    if (writer_->Write(response, body(), kSliceElements) == InferAnswerWriter::Progress::kMore) {
      return Progress::kMore;
    }
    times_.compute_output = Lap();
    times_.total = phase_started_ - started_;
    const auto& statistics = model_->metrics.inference;
    if (statistics != nullptr) {
      statistics->AddSuccess(run_->rows(), run_->executions(), times_, request_->timestamp());
    }
    if (run_->by_rows()) {
      prediction_log::AnsweredRows answered = run_->answered();
      Describe(*request_, prediction_log::LoggedRoute::kV2, times_.compute_infer, answered);
      model_->Log(answered);
    }
    return Progress::kDone;
  }

  std::chrono::nanoseconds Lap() {
    const base::Instant now = clock_->MonotonicNow();
    return now - std::exchange(phase_started_, now);
  }

  Progress Fail(Response& response, const base::Error& error) {
    AnswerV2Error(response, error);
    const auto& statistics = model_->metrics.inference;
    if (statistics != nullptr) statistics->AddFailure(clock_->MonotonicNow() - started_);
    return Progress::kDone;
  }

  const Request* request_;
  // What the model lives in: the one or the other.
  std::optional<inference::SnapshotRef<service::ServedModels>> models_;
  std::shared_ptr<const service::ServedModels> shared_models_;
  const service::ServedModel* model_;
  const base::Clock* clock_;
  BodyParts parts_;
  std::size_t most_rows_;
  InferBodyReader reader_;
  InferBody raw_;
  Phase phase_ = Phase::kRead;
  std::optional<service::TensorInference> run_;
  std::optional<InferAnswerWriter> writer_;
  base::Instant started_;
  base::Instant phase_started_;
  service::InferenceTimes times_;
  std::unique_ptr<service::ScheduledInference> scheduled_;  // first to go
};

class InferHandler {
 public:
  enum class Template : std::uint8_t { kName, kNameAndVersion };
  InferHandler(const service::Models& models, const base::Clock& clock,
               const PredictionLimits& limits, Template row)
      : models_(models), clock_(clock), limits_(limits), row_(row) {}

  base::Result<void> operator()(const Request& request, Response& response) const {
    const std::string_view version =
        row_ == Template::kNameAndVersion ? request.path_parameter("version") : std::string_view();
    auto models = models_.Served();
    GC_ASSIGN_OR_RETURN(const service::ServedModel* const model,
                        service::ChooseByVersion(*models, request.path_parameter("model_name"),
                                                 version, SplitKey(request, *models)));
    GC_ASSIGN_OR_RETURN(const BodyParts parts, SplitBody(request));
    InferTask task(request, std::move(models), *model, parts, limits_.max_batch_rows, clock_);
    // Most requests are done in their first turn, and need no task on the heap.
    if (task.Step(response) == ResponseTask::Progress::kMore) {
      auto settled = std::make_unique<InferTask>(std::move(task));
      settled->Settle(models_);
      response.Continue(Response::Delivery::kWhole, std::move(settled));
    }
    return {};
  }

 private:
  const service::Models& models_;
  const base::Clock& clock_;
  const PredictionLimits limits_;
  const Template row_;
};

constexpr std::string_view kRequestSchema = R"({
  "type": "object", "required": ["inputs"],
  "properties": {
    "id": {"type": "string", "description": "Given back in the answer"},
    "parameters": {"type": "object", "properties": {
      "binary_data_output": {"type": "boolean", "description": "Outputs as binary"},
      "priority": {"type": "integer", "minimum": 0},
      "timeout": {"type": "integer", "minimum": 0, "description": "Microseconds"}}},
    "inputs": {"type": "array", "minItems": 1, "items": {
      "type": "object", "required": ["name", "shape", "datatype"], "properties": {
        "name": {"type": "string", "minLength": 1},
        "shape": {"type": "array", "maxItems": 8, "items": {"type": "integer", "minimum": 0}},
        "datatype": {"enum": ["BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16",
                              "INT32", "INT64", "FP16", "BF16", "FP32", "FP64"]},
        "parameters": {"type": "object", "properties": {
          "binary_data_size": {"type": "integer", "minimum": 0}}},
        "data": {"type": "array", "description": "Row-major, nested as the shape or flat"}}}},
    "outputs": {"type": "array", "items": {
      "type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "minLength": 1},
        "parameters": {"type": "object", "properties": {
          "binary_data": {"type": "boolean"}}}}}}}})";

constexpr std::string_view kResponseSchema = R"({
  "type": "object", "required": ["model_name", "model_version", "outputs"],
  "properties": {
    "model_name": {"type": "string"}, "model_version": {"type": "string"},
    "id": {"type": "string"},
    "outputs": {"type": "array", "items": {
      "type": "object", "required": ["name", "shape", "datatype"], "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer"}},
        "datatype": {"type": "string"},
        "parameters": {"type": "object"},
        "data": {"type": "array", "items": {"type": ["number", "boolean", "null"]}}}}}}})";

}  // namespace

void AddV2InferRoutes(const service::Models& models, const base::Clock& clock,
                      const PredictionLimits& limits, RouteTable& table) {
  const auto add = [&](std::string_view path, InferHandler::Template row) {
    Route route{.method = Method::kPost,
                .path = path,
                .scope = Scope::kPredict,
                .listener = Listener::kPublic,
                .effect = Effect::kNone,
                .max_body_bytes = kMostBodyBytes,
                // The last is what curl and urllib say unasked; the body decides what it is.
                .consumes = {"application/json", "application/octet-stream",
                             "application/x-www-form-urlencoded"},
                .summary =
                    "Answer tensors with tensors; with Inference-Header-Content-Length "
                    "binary ones follow the JSON",
                .tag = "Open Inference Protocol",
                .parameters = {{.name = "Inference-Header-Content-Length",
                                .in = ParameterDoc::In::kHeader,
                                .schema = R"({"type":"integer","minimum":0})",
                                .description = "Bytes of JSON before the binary tensors; 0: the "
                                               "body is the model's only input"},
                               RoutingKeyParameter()},
                .request_schema = "InferenceRequest",
                .responses = WithV2Errors(
                    {{200, "The outputs", "application/json", "InferenceResponse"},
                     {200, "The JSON and binary outputs behind it", "application/octet-stream", ""},
                     {501, "Asks for what is not served", "application/json", "V2Error"},
                     {504, "The deadline passed", "application/json", "V2Error"}}),
                .handler = AnsweringV2Errors(InferHandler(models, clock, limits, row))};
    table.routes.push_back(std::move(route));
  };
  add("/v2/models/{model_name}/infer", InferHandler::Template::kName);
  add("/v2/models/{model_name}/versions/{version}/infer", InferHandler::Template::kNameAndVersion);
  table.schemas.push_back({"InferenceRequest", kRequestSchema});
  table.schemas.push_back({"InferenceResponse", kResponseSchema});
}

}  // namespace geoclimate::server::http::routes
