// ModelInferRequest messages: whatever protobuf takes must come through as tensors or be refused.

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/server/grpc/inference_call.h"
#include "geoclimate/service/testing/example_models.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace geoclimate;
  static const service::ServedModel model = service::ServeExampleTrees("a");
  ::inference::ModelInferRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  std::pmr::monotonic_buffer_resource memory;
  std::vector<service::InputTensor> inputs;
  for (int i = 0; i < request.inputs_size(); ++i) {
    const auto tensor = server::grpc::TensorOf(request, i, memory);
    if (!tensor.ok()) return 0;
    inputs.push_back(*tensor);
  }
  auto run = service::TensorInference::Prepare(model, inputs, {}, 1000, memory);
  while (run.ok() && !run->done()) GC_CHECK(run->Score(5).ok(), "trees have an answer to any row");
  return 0;
}
