#include "geoclimate/inference/tensor.h"

#include <algorithm>
#include <array>
#include <limits>

namespace geoclimate::inference {
namespace {

struct Kind {
  std::string_view name;
  std::size_t bytes;
};

// In the order of TensorType.
constexpr std::array<Kind, 13> kKinds = {{{"BOOL", 1},
                                          {"UINT8", 1},
                                          {"UINT16", 2},
                                          {"UINT32", 4},
                                          {"UINT64", 8},
                                          {"INT8", 1},
                                          {"INT16", 2},
                                          {"INT32", 4},
                                          {"INT64", 8},
                                          {"FP16", 2},
                                          {"BF16", 2},
                                          {"FP32", 4},
                                          {"FP64", 8}}};

}  // namespace

std::size_t ElementBytes(TensorType type) {
  return kKinds.at(static_cast<std::size_t>(type)).bytes;
}

std::string_view TensorTypeName(TensorType type) {
  return kKinds.at(static_cast<std::size_t>(type)).name;
}

std::optional<TensorType> ParseTensorType(std::string_view name) {
  const auto found = std::ranges::find(kKinds, name, &Kind::name);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<TensorType>(found - kKinds.begin());
}

std::optional<std::size_t> ElementCount(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    const auto factor = static_cast<std::size_t>(size);
    if (factor != 0 && count > std::numeric_limits<std::size_t>::max() / factor) {
      return std::nullopt;
    }
    count *= factor;
  }
  return count;
}

}  // namespace geoclimate::inference
