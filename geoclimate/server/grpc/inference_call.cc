#include "geoclimate/server/grpc/inference_call.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/service/scheduled_inference.h"
#include "geoclimate/service/tensor_inference.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::grpc {
namespace {

using ::inference::ModelInferRequest;
using ::inference::ModelInferResponse;
using inference::TensorType;
using Bytes = std::span<const std::byte>;
using Input = ModelInferRequest::InferInputTensor;

constexpr std::size_t kSliceRows = 256;

template <typename Field>
Bytes BytesOf(const Field& field) {
  return std::as_bytes(std::span(field.data(), static_cast<std::size_t>(field.size())));
}

// Elements that the message has wider than the datatype is.
template <typename To, typename Field>
base::Result<Bytes> Narrow(const Input& input, const Field& field,
                           std::pmr::memory_resource& memory) {
  const auto count = static_cast<std::size_t>(field.size());
  if (count == 0) return Bytes();
  const std::span<To> narrow = {static_cast<To*>(memory.allocate(count * sizeof(To), alignof(To))),
                                count};
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = field[static_cast<int>(i)];
    if (!std::in_range<To>(value)) {
      return base::InvalidArgument(
          fmt::format("input '{}': element {} does not fit {}", input.name(), i, input.datatype()));
    }
    narrow[i] = static_cast<To>(value);
  }
  return std::as_bytes(narrow);
}

base::Result<Bytes> ContentsOf(const Input& input, TensorType type,
                               std::pmr::memory_resource& memory) {
  const ::inference::InferTensorContents& contents = input.contents();
  switch (type) {
    case TensorType::kBool:
      return BytesOf(contents.bool_contents());
    case TensorType::kUint8:
      return Narrow<std::uint8_t>(input, contents.uint_contents(), memory);
    case TensorType::kUint16:
      return Narrow<std::uint16_t>(input, contents.uint_contents(), memory);
    case TensorType::kUint32:
      return BytesOf(contents.uint_contents());
    case TensorType::kUint64:
      return BytesOf(contents.uint64_contents());
    case TensorType::kInt8:
      return Narrow<std::int8_t>(input, contents.int_contents(), memory);
    case TensorType::kInt16:
      return Narrow<std::int16_t>(input, contents.int_contents(), memory);
    case TensorType::kInt32:
      return BytesOf(contents.int_contents());
    case TensorType::kInt64:
      return BytesOf(contents.int64_contents());
    case TensorType::kFp32:
      return BytesOf(contents.fp32_contents());
    case TensorType::kFp64:
      return BytesOf(contents.fp64_contents());
    case TensorType::kFp16:
    case TensorType::kBf16:
      break;
  }
  return base::InvalidArgument(
      fmt::format("input '{}': {} comes as raw contents alone", input.name(), input.datatype()));
}

template <typename Parameters>
base::Result<void> CheckParameters(const Parameters& parameters) {
  if (parameters.empty()) return {};
  if (parameters.contains("shared_memory_region")) {
    return base::Unimplemented("shared memory is not served");
  }
  const auto classes = parameters.find("classification");
  if (classes != parameters.end() && classes->second.int64_param() > 0) {
    return base::Unimplemented("classification of outputs is not served");
  }
  return {};
}

std::uint64_t CountAt(const ModelInferRequest& request, const char* name) {
  const auto found = request.parameters().find(name);
  if (found == request.parameters().end()) return 0;
  return static_cast<std::uint64_t>(std::max(found->second.int64_param(), std::int64_t{0}));
}

std::string_view SplitKey(const service::ServedModels& models, const CallTraits& traits,
                          const ModelInferRequest& request) {
  if (!models.has_canary()) return {};
  if (!traits.routing_key.empty() || request.raw_input_contents_size() == 0) {
    return traits.routing_key.empty() ? std::string_view(request.id()) : traits.routing_key;
  }
  return request.raw_input_contents(0);
}

base::Result<const service::ServedModel*> Choose(const service::ServedModels& models,
                                                 const CallTraits& traits,
                                                 const ModelInferRequest& request) {
  return service::ChooseByVersion(models, request.model_name(), request.model_version(),
                                  SplitKey(models, traits, request));
}

base::Result<void> CountRows(const CallTraits& traits, std::size_t rows) {
  if (traits.activity == nullptr || traits.activity->CountRows(rows)) return {};
  return base::Error(base::ErrorCode::kResourceExhausted,
                     fmt::format("the quota of {} rows a day does not reach for this request; the "
                                 "day ends at midnight UTC",
                                 traits.activity->daily_rows()));
}

// One request while it is answered.
class Call {
 public:
  Call(const service::ServedModel& model, const base::Clock& clock)
      : model_(model), clock_(clock), started_(clock.MonotonicNow()), lap_(started_) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  base::Result<void> Prepare(const ModelInferRequest& request, std::size_t max_batch_rows) {
    GC_RETURN_IF_ERROR(Read(request));
    auto prepared =
        service::TensorInference::Prepare(model_, inputs_, outputs_, max_batch_rows, memory_);
    if (!prepared.ok()) return prepared.error();
    run_.emplace(*std::move(prepared));
    times_.compute_input = Lap();
    return {};
  }

  service::TensorInference& run() { return *run_; }

  base::Result<void> ScoreInline(const StillWanted& still_wanted) {
    while (!run_->done()) {
      GC_RETURN_IF_ERROR(still_wanted());
      GC_RETURN_IF_ERROR(run_->Score(kSliceRows));
    }
    return {};
  }

  // Once run() is done.
  void Finish(std::chrono::nanoseconds queued, const CallTraits& traits,
              const ModelInferRequest& request, ModelInferResponse& response) {
    times_.queue = queued;
    times_.compute_infer = Lap() - queued;
    Write(request, response);
    times_.compute_output = Lap();
    times_.total = lap_ - started_;
    if (model_.metrics.inference != nullptr) {
      model_.metrics.inference->AddSuccess(run_->rows(), run_->executions(), times_, clock_.Now());
    }
    Log(traits, request);
  }

  void CountFailure() const {
    if (model_.metrics.inference == nullptr) return;
    model_.metrics.inference->AddFailure(clock_.MonotonicNow() - started_);
  }

 private:
  base::Result<void> Read(const ModelInferRequest& request) {
    const int raw = request.raw_input_contents_size();
    if (raw > 0 && raw != request.inputs_size()) {
      return base::InvalidArgument(
          fmt::format("{} raw_input_contents came for {} inputs", raw, request.inputs_size()));
    }
    inputs_.reserve(static_cast<std::size_t>(request.inputs_size()));
    for (int i = 0; i < request.inputs_size(); ++i) {
      GC_ASSIGN_OR_RETURN(const service::InputTensor input, TensorOf(request, i, memory_));
      inputs_.push_back(input);
    }
    outputs_.reserve(static_cast<std::size_t>(request.outputs_size()));
    for (const auto& output : request.outputs()) {
      GC_RETURN_IF_ERROR(CheckParameters(output.parameters()));
      outputs_.push_back(output.name());
    }
    return {};
  }

  void Write(const ModelInferRequest& request, ModelInferResponse& response) const {
    response.set_model_name(model_.description.model_name);
    response.set_model_version(std::to_string(model_.description.version));
    if (!request.id().empty()) response.set_id(request.id());
    for (const service::OutputTensor& output : run_->outputs()) {
      auto& tensor = *response.add_outputs();
      tensor.set_name(output.spec->name);
      const std::string_view type = inference::TensorTypeName(output.spec->type);
      tensor.set_datatype(type.data(), type.size());
      for (const std::int64_t axis : output.shape) tensor.add_shape(axis);
      response.add_raw_output_contents(output.bytes.data(), output.bytes.size());
    }
  }

  void Log(const CallTraits& traits, const ModelInferRequest& request) const {
    if (!run_->by_rows()) return;
    prediction_log::AnsweredRows answered = run_->answered();
    answered.at = clock_.Now();
    answered.request_id = request.id();
    if (traits.activity != nullptr) answered.caller = traits.activity->id();
    answered.route = prediction_log::LoggedRoute::kGrpc;
    answered.duration = times_.compute_infer;
    model_.Log(answered);
  }

  std::chrono::nanoseconds Lap() {
    const base::Instant now = clock_.MonotonicNow();
    return now - std::exchange(lap_, now);
  }

  const service::ServedModel& model_;
  const base::Clock& clock_;
  const base::Instant started_;
  base::Instant lap_;
  service::InferenceTimes times_;
  // Rows, and the small arrays of a request: tens of features fit here.
  std::array<std::byte, 4096> block_;
  std::pmr::monotonic_buffer_resource memory_{block_.data(), block_.size()};
  std::pmr::vector<service::InputTensor> inputs_{&memory_};
  std::pmr::vector<std::string_view> outputs_{&memory_};
  std::optional<service::TensorInference> run_;
};

}  // namespace

base::Result<service::InputTensor> TensorOf(const ModelInferRequest& request, int index,
                                            std::pmr::memory_resource& memory) {
  const Input& input = request.inputs(index);
  GC_RETURN_IF_ERROR(CheckParameters(input.parameters()));
  const auto type = inference::ParseTensorType(input.datatype());
  if (!type.has_value()) {
    return base::InvalidArgument(
        fmt::format("input '{}': the datatype '{}' is none that a model here takes", input.name(),
                    input.datatype()));
  }
  service::InputTensor tensor{
      .name = input.name(),
      .tensor = {.type = *type,
                 .shape = {input.shape().data(), static_cast<std::size_t>(input.shape_size())},
                 .bytes = {}}};
  if (request.raw_input_contents_size() > index) {
    if (input.has_contents()) {
      return base::InvalidArgument(
          fmt::format("input '{}' has both contents and raw contents", input.name()));
    }
    tensor.tensor.bytes = BytesOf(request.raw_input_contents(index));
  } else {
    GC_ASSIGN_OR_RETURN(tensor.tensor.bytes, ContentsOf(input, *type, memory));
  }
  return tensor;
}

base::Result<Answered> AnswerInference(const InferenceSurroundings& surroundings,
                                       const StillWanted& still_wanted, const CallTraits& traits,
                                       const ModelInferRequest& request,
                                       ModelInferResponse& response) {
  const auto served = surroundings.models.Served();
  GC_ASSIGN_OR_RETURN(const service::ServedModel* const model, Choose(*served, traits, request));
  Call call(*model, surroundings.clock);
  base::Result<void> answered = call.Prepare(request, surroundings.max_batch_rows);
  if (answered.ok()) answered = CountRows(traits, call.run().rows());
  if (answered.ok() && !call.run().ScoresInline()) return Answered::kToBeScheduled;
  if (answered.ok()) answered = call.ScoreInline(still_wanted);
  if (!answered.ok()) {
    call.CountFailure();
    return answered.error();
  }
  call.Finish({}, traits, request, response);
  return Answered::kNow;
}

struct ScheduledCall::State {
  const InferenceSurroundings& surroundings;
  const CallTraits traits;
  const ModelInferRequest& request;
  ModelInferResponse& response;
  std::shared_ptr<const service::ServedModels> models;
  std::optional<Call> call;
  std::optional<service::ScheduledInference> scheduled;  // first to go

  base::Deadline deadline() const {
    const std::uint64_t timeout = CountAt(request, "timeout");
    if (timeout == 0) return traits.deadline;
    // Longer than any deadline that is waited for: bounds the sum.
    constexpr std::uint64_t kLongest = std::uint64_t{1} << 40U;
    return traits.deadline.EarlierOf(base::Deadline::After(
        surroundings.clock, std::chrono::microseconds(std::min(timeout, kLongest))));
  }

  base::Result<void> Submit(std::function<void()> scored) {
    GC_RETURN_IF_ERROR(call->Prepare(request, surroundings.max_batch_rows));
    scheduled.emplace(
        call->run(),
        service::ScheduledInference::Options{
            .deadline = deadline(), .priority = service::PriorityOf(CountAt(request, "priority"))});
    return scheduled->Submit(std::move(scored));
  }
};

ScheduledCall::ScheduledCall(const InferenceSurroundings& surroundings, const CallTraits& traits,
                             const ModelInferRequest& request, ModelInferResponse& response)
    : state_(new State{surroundings, traits, request, response, surroundings.models.ServedShared(),
                       std::nullopt, std::nullopt}) {}

ScheduledCall::~ScheduledCall() = default;

base::Result<void> ScheduledCall::Submit(std::function<void()> scored) {
  GC_ASSIGN_OR_RETURN(const service::ServedModel* const model,
                      Choose(*state_->models, state_->traits, state_->request));
  // It was to be scheduled a moment ago; a version that came in between may have no scheduler.
  if (model->scheduler == nullptr) return base::Unavailable("the model is being replaced");
  state_->call.emplace(*model, state_->surroundings.clock);
  base::Result<void> submitted = state_->Submit(std::move(scored));
  if (!submitted.ok()) state_->call->CountFailure();
  return submitted;
}

base::Result<void> ScheduledCall::Finish() {
  if (base::Result<void> taken = state_->scheduled->Take(); !taken.ok()) {
    state_->call->CountFailure();
    return taken;
  }
  state_->call->Finish(state_->scheduled->waited(), state_->traits, state_->request,
                       state_->response);
  return {};
}

}  // namespace geoclimate::server::grpc
