#include "geoclimate/inference/row_tensors.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace geoclimate::inference {

std::vector<TensorSpec> RowInputSpecs(std::size_t features) {
  return {{.name = "input",
           .type = TensorType::kFp32,
           .shape = {-1, static_cast<std::int64_t>(features)}}};
}

std::vector<TensorSpec> RowOutputSpecs(std::size_t outputs) {
  return {{.name = "output",
           .type = TensorType::kFp32,
           .shape = {-1, static_cast<std::int64_t>(outputs)}}};
}

std::vector<TensorSpec> DistributionSpecs() {
  std::vector<TensorSpec> specs = RowOutputSpecs(1);
  for (const char* const name : {"p10", "p50", "p90"}) {
    specs.push_back({.name = name, .type = TensorType::kFp32, .shape = {-1, 1}});
  }
  return specs;
}

std::span<const float> FloatsOf(const TensorView& tensor) {
  const std::size_t count = tensor.bytes.size() / sizeof(float);
  if (reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignof(float) == 0) {
    return {reinterpret_cast<const float*>(tensor.bytes.data()), count};
  }
  thread_local std::vector<float> aligned;
  aligned.resize(count);
  std::memcpy(aligned.data(), tensor.bytes.data(), count * sizeof(float));
  return aligned;
}

std::span<float> FloatsOf(Tensor& tensor) {
  return {reinterpret_cast<float*>(tensor.bytes.data()), tensor.bytes.size() / sizeof(float)};
}

void ResizeTo(std::span<const TensorSpec> specs, std::size_t count, std::vector<Tensor>& outputs) {
  outputs.resize(specs.size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Tensor& output = outputs[i];
    output.type = specs[i].type;
    output.shape = specs[i].shape;
    std::size_t elements = 1;
    for (std::int64_t& size : output.shape) {
      if (size < 0) size = static_cast<std::int64_t>(count);
      elements *= static_cast<std::size_t>(size);
    }
    output.bytes.resize(elements * ElementBytes(output.type));
  }
}

void WriteDistributions(std::span<const model::Distribution> distributions, std::size_t first,
                        std::span<Tensor> outputs) {
  constexpr std::array<std::size_t, 3> kLevels = {model::kP10, model::kP50, model::kP90};
  const std::span<float> means = FloatsOf(outputs[0]).subspan(first);
  for (std::size_t i = 0; i < distributions.size(); ++i) means[i] = distributions[i].mean;
  for (std::size_t k = 0; k < kLevels.size(); ++k) {
    const std::span<float> column = FloatsOf(outputs[k + 1]).subspan(first);
    for (std::size_t i = 0; i < distributions.size(); ++i) {
      column[i] = distributions[i].quantiles.at(kLevels.at(k));
    }
  }
}

}  // namespace geoclimate::inference
