#include "geoclimate/inference/onnx_binding.h"

#include <algorithm>
#include <cstring>

#include "geoclimate/inference/onnx_signature.h"

namespace geoclimate::inference {
namespace {

// What stands in for the memory of a tensor without elements, which may have none.
std::byte no_elements{};

}  // namespace

OnnxBinding::OnnxBinding(Ort::Session& session, std::span<const TensorSpec> inputs,
                         std::span<const TensorSpec> outputs)
    : session_(session),
      input_specs_(inputs),
      output_specs_(outputs),
      memory_(Ort::MemoryInfo::CreateCpu(OrtDeviceAllocator, OrtMemTypeCPU)),
      binding_(session),
      inputs_(inputs.size()),
      outputs_(outputs.size()) {}

bool OnnxBinding::Slot::Holds(const void* at, std::size_t size,
                              std::span<const std::int64_t> of_shape) const {
  return is_bound && memory == at && bytes == size && std::ranges::equal(shape, of_shape);
}

Ort::Value OnnxBinding::Over(Slot& slot, TensorType type, void* memory, std::size_t bytes,
                             std::span<const std::int64_t> shape) const {
  slot.memory = memory;
  slot.bytes = bytes;
  slot.shape.assign(shape.begin(), shape.end());
  slot.is_bound = true;
  return Ort::Value::CreateTensor(memory_, bytes == 0 ? &no_elements : memory, bytes, shape.data(),
                                  shape.size(), OrtTypeOf(type));
}

void OnnxBinding::BindInput(std::size_t input, const TensorView& tensor) {
  Slot& slot = inputs_[input];
  // Never written to: the interface takes what it only reads as void*.
  auto* memory = const_cast<std::byte*>(tensor.bytes.data());
  if (reinterpret_cast<std::uintptr_t>(memory) % ElementBytes(tensor.type) != 0) {
    if (slot.aligned.size() < tensor.bytes.size()) slot.aligned.resize(tensor.bytes.size());
    std::memcpy(slot.aligned.data(), tensor.bytes.data(), tensor.bytes.size());
    memory = slot.aligned.data();
  }
  if (slot.Holds(memory, tensor.bytes.size(), tensor.shape)) return;
  binding_.BindInput(input_specs_[input].name.c_str(),
                     Over(slot, tensor.type, memory, tensor.bytes.size(), tensor.shape));
}

void OnnxBinding::BindOutput(std::size_t output, std::span<const std::int64_t> shape,
                             std::span<std::byte> memory) {
  Slot& slot = outputs_[output];
  if (slot.Holds(memory.data(), memory.size(), shape)) return;
  if (!slot.is_bound) slot.position = bound_outputs_++;
  const TensorSpec& spec = output_specs_[output];
  binding_.BindOutput(spec.name.c_str(),
                      Over(slot, spec.type, memory.data(), memory.size(), shape));
}

void OnnxBinding::BindOutput(std::size_t output) {
  Slot& slot = outputs_[output];
  if (!slot.is_bound) slot.position = bound_outputs_++;
  slot.is_bound = true;
  slot.memory = nullptr;
  // Anew for every run: else the next one would have to fit the last one's answer.
  binding_.BindOutput(output_specs_[output].name.c_str(), memory_);
}

void OnnxBinding::KeepOnly(std::size_t output) {
  if (bound_outputs_ == 1 && outputs_[output].is_bound) return;
  binding_.ClearBoundOutputs();
  for (Slot& slot : outputs_) slot.is_bound = false;
  bound_outputs_ = 0;
}

void OnnxBinding::Run() {
  session_.Run(options_, binding_);
}

void OnnxBinding::TakeOutput(std::size_t output, Tensor& tensor) const {
  const std::vector<Ort::Value> values = binding_.GetOutputValues();
  const Ort::Value& value = values.at(outputs_[output].position);
  tensor.type = output_specs_[output].type;
  tensor.shape = value.GetTensorTypeAndShapeInfo().GetShape();
  const std::size_t bytes = ElementCount(tensor.shape).value_or(0) * ElementBytes(tensor.type);
  const auto* const from = static_cast<const std::byte*>(value.GetTensorRawData());
  tensor.bytes.assign(from, from + bytes);
}

}  // namespace geoclimate::inference
