#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "geoclimate/inference/onnx_api.h"
#include "geoclimate/inference/tensor.h"

namespace geoclimate::inference {

// One run's inputs and outputs bound to memory, kept from run to run: a tensor that lies where the
// last run's lay, in the same shape, is not bound again. Used by one thread at a time. Every call
// lets Ort::Exception out, and leaves the binding of no use then.
class OnnxBinding {
 public:
  // All three must outlive it.
  OnnxBinding(Ort::Session& session, std::span<const TensorSpec> inputs,
              std::span<const TensorSpec> outputs);

  // The tensor's own bytes, which must stay until the run is over; a copy of them where they are
  // not aligned as their type is.
  void BindInput(std::size_t input, const TensorView& tensor);
  // Memory that the run writes to.
  void BindOutput(std::size_t output, std::span<const std::int64_t> shape,
                  std::span<std::byte> memory);
  // ONNX Runtime finds memory for it.
  void BindOutput(std::size_t output);
  // Of the outputs bound so far the next run is asked for none but this one.
  void KeepOnly(std::size_t output);

  void Run();
  // Copies what the run put into memory of its own.
  void TakeOutput(std::size_t output, Tensor& tensor) const;

 private:
  struct Slot {
    const void* memory = nullptr;
    std::size_t bytes = 0;
    std::vector<std::int64_t> shape;
    bool is_bound = false;
    std::size_t position = 0;  // of an output, among those that are bound
    std::vector<std::byte> aligned;

    bool Holds(const void* at, std::size_t size, std::span<const std::int64_t> of_shape) const;
  };

  Ort::Value Over(Slot& slot, TensorType type, void* memory, std::size_t bytes,
                  std::span<const std::int64_t> shape) const;

  Ort::Session& session_;
  std::span<const TensorSpec> input_specs_;
  std::span<const TensorSpec> output_specs_;
  Ort::MemoryInfo memory_;
  Ort::IoBinding binding_;
  Ort::RunOptions options_;
  std::vector<Slot> inputs_;
  std::vector<Slot> outputs_;
  std::size_t bound_outputs_ = 0;
};

}  // namespace geoclimate::inference
