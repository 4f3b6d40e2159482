#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/onnx_api.h"
#include "geoclimate/inference/tensor.h"
#include "geoclimate/model/onnx_graph.h"

namespace geoclimate::inference {

// What a session takes and gives, and which sizes of its answers follow from a question's. A value.
class OnnxSignature {
 public:
  // Of a session over `graph`. kUnimplemented naming the input or output whose rank nobody knows;
  // kInvalidArgument when session and graph do not agree. Lets Ort::Exception out.
  static base::Result<OnnxSignature> Read(const Ort::Session& session,
                                          const model::OnnxGraph& graph);

  std::span<const TensorSpec> inputs() const { return inputs_; }
  std::span<const TensorSpec> outputs() const { return outputs_; }

  // Whether a size with a name ("batch") is the same wherever it stands. `inputs` have passed
  // CheckInputs(). kInvalidArgument naming the size and the tensor.
  base::Result<void> CheckNamedSizes(std::span<const TensorView> inputs) const;
  // Writes the shape that an output has for these inputs; false when the run alone can tell.
  bool ShapeOf(std::size_t output, std::span<const TensorView> inputs,
               std::vector<std::int64_t>& shape) const;
  // Whether every size of every input is fixed.
  bool inputs_are_fixed() const;

 private:
  // Where a size with a name stands first.
  struct Axis {
    std::size_t input = 0;
    std::size_t axis = 0;
  };
  struct Dimensions {
    std::vector<std::string> names;         // "" for one without
    std::vector<std::optional<Axis>> axes;  // of the names; none: it is in no input
  };
  std::optional<Axis> Find(const std::string& name) const;

  std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  std::vector<Dimensions> input_dimensions_;
  std::vector<Dimensions> output_dimensions_;
};

// ONNX's number of a type.
ONNXTensorElementDataType OrtTypeOf(TensorType type);

}  // namespace geoclimate::inference
