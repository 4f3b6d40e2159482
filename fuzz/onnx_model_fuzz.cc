// ONNX models: what the reader makes of their bytes, and what ONNX Runtime makes of those that the
// reader lets through. The runtime itself is not instrumented; here it must return.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/model/onnx_graph.h"

namespace {

using namespace geoclimate;

// More would be time, not correctness.
constexpr std::size_t kMostElements = 100'000;

// Zeros as the model takes them, two wherever any size will do; nothing when they are too many.
std::optional<std::vector<inference::Tensor>> ZerosFor(const inference::LoadedModel& model) {
  std::vector<inference::Tensor> tensors;
  for (const inference::TensorSpec& spec : model.tensor_inputs()) {
    inference::Tensor& tensor = tensors.emplace_back();
    tensor.type = spec.type;
    tensor.shape = spec.shape;
    for (std::int64_t& size : tensor.shape) size = size < 0 ? 2 : size;
    const std::optional<std::size_t> elements = inference::ElementCount(tensor.shape);
    if (!elements.has_value() || *elements > kMostElements) return std::nullopt;
    tensor.bytes.resize(*elements * inference::ElementBytes(spec.type));
  }
  return tensors;
}

void Infer(const inference::LoadedModel& model) {
  const auto inputs = ZerosFor(model);
  if (!inputs.has_value()) return;
  std::vector<inference::TensorView> views;
  for (const inference::Tensor& tensor : *inputs) {
    views.push_back({.type = tensor.type, .shape = tensor.shape, .bytes = tensor.bytes});
  }
  std::vector<inference::Tensor> outputs;
  if (!model.Infer(views, outputs).ok()) return;
  GC_CHECK(outputs.size() == model.tensor_outputs().size(), "every output is answered");
  for (const inference::Tensor& output : outputs) {
    const std::size_t bytes =
        inference::ElementCount(output.shape).value_or(0) * inference::ElementBytes(output.type);
    GC_CHECK(output.bytes.size() == bytes, "an answer holds what its shape says");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto graph = model::ReadOnnx(bytes);
  if (!graph.ok()) return 0;
  GC_CHECK(graph->Validate().ok(), "what was read is what the bytes say");
  const auto model = inference::LoadedModel::Parse({}, bytes);
  if (model.ok()) Infer(**model);
  return 0;
}
