#include "geoclimate/server/grpc/inference_call.h"

#include <array>
#include <chrono>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

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

// One request while it is answered.
class Call {
 public:
  Call(const service::ServedModel& model, const base::Clock& clock)
      : model_(model), clock_(clock), started_(clock.MonotonicNow()), lap_(started_) {}

  base::Result<void> Answer(const ModelInferRequest& request, std::size_t max_batch_rows,
                            const StillWanted& still_wanted, ModelInferResponse& response) {
    // Rows, and the small arrays of a request: tens of features fit here.
    std::array<std::byte, 4096> block;
    std::pmr::monotonic_buffer_resource memory(block.data(), block.size());
    std::pmr::vector<service::InputTensor> inputs(&memory);
    std::pmr::vector<std::string_view> outputs(&memory);
    GC_RETURN_IF_ERROR(Read(request, inputs, outputs, memory));
    GC_ASSIGN_OR_RETURN(
        service::TensorInference run,
        service::TensorInference::Prepare(model_, inputs, outputs, max_batch_rows, memory));
    times_.compute_input = Lap();
    while (!run.done()) {
      GC_RETURN_IF_ERROR(still_wanted());
      GC_RETURN_IF_ERROR(run.Score(kSliceRows));
    }
    times_.compute_infer = Lap();
    Write(request, run, response);
    times_.compute_output = Lap();
    times_.total = lap_ - started_;
    if (model_.metrics.inference != nullptr) {
      model_.metrics.inference->AddSuccess(run.rows(), run.executions(), times_, clock_.Now());
    }
    return {};
  }

  void CountFailure() const {
    if (model_.metrics.inference == nullptr) return;
    model_.metrics.inference->AddFailure(clock_.MonotonicNow() - started_);
  }

 private:
  static base::Result<void> Read(const ModelInferRequest& request,
                                 std::pmr::vector<service::InputTensor>& inputs,
                                 std::pmr::vector<std::string_view>& outputs,
                                 std::pmr::memory_resource& memory) {
    const int raw = request.raw_input_contents_size();
    if (raw > 0 && raw != request.inputs_size()) {
      return base::InvalidArgument(
          fmt::format("{} raw_input_contents came for {} inputs", raw, request.inputs_size()));
    }
    inputs.reserve(static_cast<std::size_t>(request.inputs_size()));
    for (int i = 0; i < request.inputs_size(); ++i) {
      GC_ASSIGN_OR_RETURN(const service::InputTensor input, TensorOf(request, i, memory));
      inputs.push_back(input);
    }
    outputs.reserve(static_cast<std::size_t>(request.outputs_size()));
    for (const auto& output : request.outputs()) {
      GC_RETURN_IF_ERROR(CheckParameters(output.parameters()));
      outputs.push_back(output.name());
    }
    return {};
  }

  void Write(const ModelInferRequest& request, const service::TensorInference& run,
             ModelInferResponse& response) const {
    response.set_model_name(model_.description.model_name);
    response.set_model_version(std::to_string(model_.description.version));
    if (!request.id().empty()) response.set_id(request.id());
    for (const service::OutputTensor& output : run.outputs()) {
      auto& tensor = *response.add_outputs();
      tensor.set_name(output.spec->name);
      const std::string_view type = inference::TensorTypeName(output.spec->type);
      tensor.set_datatype(type.data(), type.size());
      for (const std::int64_t axis : output.shape) tensor.add_shape(axis);
      response.add_raw_output_contents(output.bytes.data(), output.bytes.size());
    }
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

base::Result<void> AnswerInference(const service::Models& models, const base::Clock& clock,
                                   std::size_t max_batch_rows, const StillWanted& still_wanted,
                                   const ModelInferRequest& request, ModelInferResponse& response) {
  const auto served = models.Served();
  GC_ASSIGN_OR_RETURN(
      const service::ServedModel* const model,
      service::ChooseByVersion(*served, request.model_name(), request.model_version()));
  Call call(*model, clock);
  base::Result<void> answered = call.Answer(request, max_batch_rows, still_wanted, response);
  if (!answered.ok()) call.CountFailure();
  return answered;
}

}  // namespace geoclimate::server::grpc
