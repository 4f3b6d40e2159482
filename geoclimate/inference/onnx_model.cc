#include "geoclimate/inference/onnx_model.h"

#include <new>
#include <optional>
#include <utility>

#include "geoclimate/base/mutex.h"
#include "geoclimate/inference/onnx_binding.h"
#include "geoclimate/inference/onnx_environment.h"
#include "geoclimate/inference/onnx_signature.h"
#include "geoclimate/inference/tensor_check.h"

namespace geoclimate::inference {
namespace {

Ort::SessionOptions Options() {
  Ort::SessionOptions options;
  options.SetExecutionMode(ORT_SEQUENTIAL);
  options.SetIntraOpNumThreads(1);
  options.SetInterOpNumThreads(1);
  options.AddConfigEntry("session.intra_op.allow_spinning", "0");
  options.AddConfigEntry("session.inter_op.allow_spinning", "0");
  // Bytes are never looked at as anything else, and name no file to be read.
  options.AddConfigEntry("session.load_model_format", "ONNX");
  options.DisableCpuMemArena();
  options.DisableMemPattern();
  return options;
}

// Runs `call`, which gives a Result<void>, and turns what ONNX Runtime throws into an error.
template <typename Call>
base::Result<void> Confined(OnnxPhase phase, Call call) {
  try {
    return call();
  } catch (const Ort::Exception& exception) {
    return FromOrt(exception, phase);
  } catch (const std::bad_alloc&) {
    return base::Error(base::ErrorCode::kResourceExhausted, "there is not enough memory");
  }
}

}  // namespace

struct OnnxModel::State {
  explicit State(Ort::Session opened) : session(std::move(opened)) {}

  std::unique_ptr<OnnxBinding> Take() EXCLUDES(mutex) {
    {
      const base::MutexLock lock(mutex);
      if (!idle.empty()) {
        std::unique_ptr<OnnxBinding> binding = std::move(idle.back());
        idle.pop_back();
        return binding;
      }
    }
    return std::make_unique<OnnxBinding>(session, signature.inputs(), signature.outputs());
  }

  void GiveBack(std::unique_ptr<OnnxBinding> binding) EXCLUDES(mutex) {
    const base::MutexLock lock(mutex);
    idle.push_back(std::move(binding));
  }

  Ort::Session session;
  OnnxSignature signature;
  base::Mutex mutex;
  // As many as runs have been at the same time. The last one back is the first to be taken: its
  // memory is the warmest.
  std::vector<std::unique_ptr<OnnxBinding>> idle GUARDED_BY(mutex);
};

base::Result<std::unique_ptr<OnnxModel>> OnnxModel::Build(const model::OnnxGraph& graph) {
  GC_ASSIGN_OR_RETURN(const Ort::Env* const environment, OpenOnnxRuntime());
  std::unique_ptr<State> state;
  GC_RETURN_IF_ERROR(Confined(OnnxPhase::kLoad, [&]() -> base::Result<void> {
    state = std::make_unique<State>(
        Ort::Session(*environment, graph.bytes.data(), graph.bytes.size(), Options()));
    GC_ASSIGN_OR_RETURN(state->signature, OnnxSignature::Read(state->session, graph));
    return {};
  }));
  return std::unique_ptr<OnnxModel>(new OnnxModel(std::move(state)));
}

OnnxModel::OnnxModel(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnnxModel::~OnnxModel() = default;

std::span<const TensorSpec> OnnxModel::inputs() const {
  return state_->signature.inputs();
}

std::span<const TensorSpec> OnnxModel::outputs() const {
  return state_->signature.outputs();
}

base::Result<void> OnnxModel::Run(std::span<const TensorView> inputs,
                                  std::vector<Tensor>& outputs) const {
  const OnnxSignature& signature = state_->signature;
  GC_RETURN_IF_ERROR(CheckInputs(signature.inputs(), inputs));
  GC_RETURN_IF_ERROR(signature.CheckNamedSizes(inputs));
  outputs.resize(signature.outputs().size());
  return Confined(OnnxPhase::kRun, [&]() -> base::Result<void> {
    // One that a failure was thrown through is not given back.
    std::unique_ptr<OnnxBinding> binding = state_->Take();
    for (std::size_t i = 0; i < inputs.size(); ++i) binding->BindInput(i, inputs[i]);
    std::vector<std::size_t> taken;  // of which the run alone can tell the shape
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      Tensor& output = outputs[i];
      output.type = signature.outputs()[i].type;
      if (!signature.ShapeOf(i, inputs, output.shape)) {
        taken.push_back(i);
        binding->BindOutput(i);
        continue;
      }
      const std::optional<std::size_t> elements = ElementCount(output.shape);
      if (!elements.has_value()) return base::InvalidArgument("an output would be too large");
      output.bytes.resize(*elements * ElementBytes(output.type));
      binding->BindOutput(i, output.shape, output.bytes);
    }
    binding->Run();
    for (const std::size_t i : taken) binding->TakeOutput(i, outputs[i]);
    state_->GiveBack(std::move(binding));
    return {};
  });
}

base::Result<void> OnnxModel::RunInto(std::span<const TensorView> inputs, std::size_t output,
                                      std::span<const std::int64_t> shape,
                                      std::span<std::byte> memory) const {
  const OnnxSignature& signature = state_->signature;
  GC_RETURN_IF_ERROR(CheckInputs(signature.inputs(), inputs));
  GC_RETURN_IF_ERROR(signature.CheckNamedSizes(inputs));
  return Confined(OnnxPhase::kRun, [&]() -> base::Result<void> {
    std::unique_ptr<OnnxBinding> binding = state_->Take();
    for (std::size_t i = 0; i < inputs.size(); ++i) binding->BindInput(i, inputs[i]);
    binding->KeepOnly(output);
    binding->BindOutput(output, shape, memory);
    binding->Run();
    state_->GiveBack(std::move(binding));
    return {};
  });
}

}  // namespace geoclimate::inference
