#include "geoclimate/inference/onnx_signature.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace geoclimate::inference {
namespace {

struct Kind {
  TensorType type;
  ONNXTensorElementDataType ort;
};

constexpr std::array<Kind, 13> kKinds = {{
    {TensorType::kBool, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
    {TensorType::kUint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {TensorType::kUint16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
    {TensorType::kUint32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    {TensorType::kUint64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
    {TensorType::kInt8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    {TensorType::kInt16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
    {TensorType::kInt32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {TensorType::kInt64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
    {TensorType::kFp16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
    {TensorType::kBf16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16},
    {TensorType::kFp32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    {TensorType::kFp64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
}};

struct Described {
  TensorSpec spec;
  std::vector<std::string> names;
};

// `value` is what the file says of the same input or output.
base::Result<Described> Describe(const Ort::TypeInfo& type, const model::OnnxValue& value,
                                 std::string_view role) {
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) {
    return base::Unimplemented(fmt::format("the {} '{}' is no tensor", role, value.name));
  }
  const auto info = type.GetTensorTypeAndShapeInfo();
  const auto* const kind = std::ranges::find(kKinds, info.GetElementType(), &Kind::ort);
  if (kind == kKinds.end() || static_cast<int>(kind->ort) != static_cast<int>(value.element)) {
    return base::InvalidArgument(
        fmt::format("the {} '{}' is of another type than the file says", role, value.name));
  }
  Described described;
  described.spec = {.name = value.name, .type = kind->type, .shape = info.GetShape()};
  for (std::int64_t& size : described.spec.shape) size = std::max(size, std::int64_t{-1});
  // A session says no more of a tensor of unknown rank than of a single number.
  if (described.spec.shape.empty() && !value.has_shape) {
    return base::Unimplemented(fmt::format(
        "nothing says how many dimensions the {} '{}' has: infer the model's shapes and save it "
        "again",
        role, value.name));
  }
  std::vector<const char*> names(described.spec.shape.size());
  info.GetSymbolicDimensions(names.data(), names.size());
  for (const char* const name : names) described.names.emplace_back(name == nullptr ? "" : name);
  return described;
}

}  // namespace

base::Result<OnnxSignature> OnnxSignature::Read(const Ort::Session& session,
                                                const model::OnnxGraph& graph) {
  if (session.GetInputCount() != graph.inputs.size() ||
      session.GetOutputCount() != graph.outputs.size()) {
    return base::InvalidArgument("ONNX Runtime finds other inputs or outputs than the file has");
  }
  OnnxSignature signature;
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
    GC_ASSIGN_OR_RETURN(Described input,
                        Describe(session.GetInputTypeInfo(i), graph.inputs[i], "input"));
    signature.inputs_.push_back(std::move(input.spec));
    signature.input_dimensions_.push_back({.names = std::move(input.names), .axes = {}});
    Dimensions& dimensions = signature.input_dimensions_.back();
    for (const std::string& name : dimensions.names)
      dimensions.axes.push_back(signature.Find(name));
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    GC_ASSIGN_OR_RETURN(Described output,
                        Describe(session.GetOutputTypeInfo(i), graph.outputs[i], "output"));
    signature.outputs_.push_back(std::move(output.spec));
    Dimensions dimensions{.names = std::move(output.names), .axes = {}};
    for (const std::string& name : dimensions.names)
      dimensions.axes.push_back(signature.Find(name));
    signature.output_dimensions_.push_back(std::move(dimensions));
  }
  return signature;
}

std::optional<OnnxSignature::Axis> OnnxSignature::Find(const std::string& name) const {
  if (name.empty()) return std::nullopt;
  for (std::size_t input = 0; input < input_dimensions_.size(); ++input) {
    const std::vector<std::string>& names = input_dimensions_[input].names;
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) {
      return Axis{.input = input, .axis = static_cast<std::size_t>(found - names.begin())};
    }
  }
  return std::nullopt;
}

base::Result<void> OnnxSignature::CheckNamedSizes(std::span<const TensorView> inputs) const {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Dimensions& dimensions = input_dimensions_[i];
    for (std::size_t axis = 0; axis < dimensions.axes.size(); ++axis) {
      const std::optional<Axis>& first = dimensions.axes[axis];
      if (!first.has_value()) continue;
      const std::int64_t expected = inputs[first->input].shape[first->axis];
      if (inputs[i].shape[axis] == expected) continue;
      return base::InvalidArgument(fmt::format(
          "the size '{}' is {} in the input tensor '{}' and {} in '{}'", dimensions.names[axis],
          inputs[i].shape[axis], inputs_[i].name, expected, inputs_[first->input].name));
    }
  }
  return {};
}

bool OnnxSignature::ShapeOf(std::size_t output, std::span<const TensorView> inputs,
                            std::vector<std::int64_t>& shape) const {
  shape = outputs_[output].shape;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (shape[axis] >= 0) continue;
    const std::optional<Axis>& source = output_dimensions_[output].axes[axis];
    if (!source.has_value()) return false;
    shape[axis] = inputs[source->input].shape[source->axis];
  }
  return true;
}

bool OnnxSignature::inputs_are_fixed() const {
  return std::ranges::all_of(inputs_, [](const TensorSpec& input) {
    return std::ranges::all_of(input.shape, [](std::int64_t size) { return size >= 0; });
  });
}

ONNXTensorElementDataType OrtTypeOf(TensorType type) {
  return std::ranges::find(kKinds, type, &Kind::type)->ort;
}

}  // namespace geoclimate::inference
