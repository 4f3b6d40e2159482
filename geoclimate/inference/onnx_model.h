#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/tensor.h"
#include "geoclimate/model/onnx_graph.h"

namespace geoclimate::inference {

// An ONNX graph that ONNX Runtime computes on the CPU.
//
// A run uses the calling thread and no other: a server has its parallelism in its requests, and
// threads that spin for the next one take the processor from those that have work. Intermediate
// tensors come from malloc, not from ONNX Runtime's arena, and no plan of memory is kept for each
// shape: either would grow with the largest batch ever seen and with every new size of one.
//
// Thread-safe: any number of threads may run it at once. A run waits for another only while it
// takes or gives back the state that it binds its tensors in.
class OnnxModel {
 public:
  // `graph` is what model::ReadOnnx() gave; its bytes are not needed afterwards. Takes a few
  // milliseconds for a small graph: the graph is optimised once, here.
  //   kFailedPrecondition  ONNX Runtime cannot be loaded
  //   kInvalidArgument     it refuses the graph, for instance for an opset or an operator that it
  //                        has never heard of, which it names
  //   kUnimplemented       it has no implementation of an operator, which it names; the rank of an
  //                        input or output is unknown
  static base::Result<std::unique_ptr<OnnxModel>> Build(const model::OnnxGraph& graph);
  ~OnnxModel();

  // In the graph's order.
  std::span<const TensorSpec> inputs() const;
  std::span<const TensorSpec> outputs() const;

  // Computes all outputs; `inputs` as inputs() says and in its order. An input is read where it
  // lies, and copied only where it is not aligned as its type is. An output whose shape follows
  // from those of the inputs is written straight into its Tensor; one whose shape the run alone can
  // tell is copied there.
  //   kInvalidArgument  a tensor that is not as it should be, by name; sizes of one name that
  //                     differ; values or sizes that an operator refuses
  //   kInternal         anything else that ONNX Runtime fails at
  // After a failure `outputs` hold no answer; the model is as good as before.
  base::Result<void> Run(std::span<const TensorView> inputs, std::vector<Tensor>& outputs) const;

  // Computes one output into memory of the caller's, of the given shape. An error too when its
  // shape turns out another; else as Run().
  base::Result<void> RunInto(std::span<const TensorView> inputs, std::size_t output,
                             std::span<const std::int64_t> shape,
                             std::span<std::byte> memory) const;

 private:
  struct State;
  explicit OnnxModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace geoclimate::inference
