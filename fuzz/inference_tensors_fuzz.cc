// Sets of tensors as any protocol may hand them over: names, datatypes, shapes and bytes that need
// not agree. What is taken must give as many answers as it has rows.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/service/tensor_inference.h"
#include "geoclimate/service/testing/example_models.h"

namespace {

using namespace geoclimate;

constexpr std::array<std::string_view, 6> kNames = {"input", "last", "mean30",
                                                    "wind",  "",     "nothing"};
constexpr std::array<std::string_view, 5> kOutputs = {"output", "p10", "p50", "p90", "nothing"};

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  std::uint8_t Take() {
    if (rest_.empty()) return 0;
    const std::uint8_t byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  std::span<const std::byte> Take(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return std::as_bytes(taken);
  }
  bool empty() const { return rest_.empty(); }

 private:
  std::span<const std::uint8_t> rest_;
};

// A size that is small, large or negative.
std::int64_t Axis(std::uint8_t byte) {
  constexpr std::uint8_t kOdd = 250;
  if (byte < kOdd) return byte % 8;
  return byte == kOdd ? -1 : std::int64_t{1} << (byte - kOdd) * 12U;
}

void Ask(const service::ServedModel& model, std::span<const service::InputTensor> inputs,
         std::span<const std::string_view> outputs) {
  std::pmr::monotonic_buffer_resource memory;
  auto run = service::TensorInference::Prepare(model, inputs, outputs, 1000, memory);
  if (!run.ok()) return;
  while (!run->done()) {
    if (!run->Score(3).ok()) return;
  }
  for (const service::OutputTensor& output : run->outputs()) {
    GC_CHECK(output.bytes.size() ==
                 run->rows() * static_cast<std::size_t>(output.shape[1]) * sizeof(float),
             "an answer a row");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const service::ServedModel trees = service::ServeExampleTrees("trees");
  static const service::ServedModel forecaster = service::ServeExampleForecaster("forecaster");
  Bytes bytes(data, size);
  std::vector<std::string_view> outputs;
  for (std::uint8_t wanted = bytes.Take() % 6; wanted > 0; --wanted) {
    outputs.push_back(kOutputs.at(bytes.Take() % kOutputs.size()));
  }
  std::vector<std::vector<std::int64_t>> shapes;
  std::vector<service::InputTensor> inputs;
  shapes.reserve(16);
  while (!bytes.empty() && inputs.size() < 16) {
    const std::uint8_t what = bytes.Take();
    std::vector<std::int64_t>& shape = shapes.emplace_back();
    for (std::uint8_t axes = bytes.Take() % 4; axes > 0; --axes)
      shape.push_back(Axis(bytes.Take()));
    // Mostly the only type that is taken.
    const std::uint8_t type = bytes.Take();
    inputs.push_back({.name = kNames.at(what % kNames.size()),
                      .tensor = {.type = type < 16 ? static_cast<inference::TensorType>(type % 13)
                                                   : inference::TensorType::kFp32,
                                 .shape = shape,
                                 .bytes = bytes.Take(bytes.Take())}});
  }
  Ask(trees, inputs, outputs);
  Ask(forecaster, inputs, outputs);
  return 0;
}
