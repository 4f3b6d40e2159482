#include "geoclimate/inference/tensor_check.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace geoclimate::inference {
namespace {

bool Fits(std::span<const std::int64_t> expected, std::span<const std::int64_t> shape) {
  return std::ranges::equal(expected, shape, [](std::int64_t wanted, std::int64_t size) {
    return size >= 0 && (wanted < 0 || wanted == size);
  });
}

base::Result<void> CheckInput(const TensorSpec& spec, const TensorView& input) {
  if (input.type != spec.type) {
    return base::InvalidArgument(fmt::format("the input tensor '{}' is {}, the model takes {}",
                                             spec.name, TensorTypeName(input.type),
                                             TensorTypeName(spec.type)));
  }
  if (!Fits(spec.shape, input.shape)) {
    return base::InvalidArgument(
        fmt::format("the input tensor '{}' has the shape {}, the model takes {}", spec.name,
                    FormatShape(input.shape), FormatShape(spec.shape)));
  }
  const std::optional<std::size_t> elements = ElementCount(input.shape);
  // Divided, since the product with an element's size may overflow.
  const std::size_t element = ElementBytes(input.type);
  if (!elements.has_value() || input.bytes.size() % element != 0 ||
      input.bytes.size() / element != *elements) {
    return base::InvalidArgument(fmt::format(
        "the input tensor '{}' holds {} bytes, which its shape {} of {} does not", spec.name,
        input.bytes.size(), FormatShape(input.shape), TensorTypeName(input.type)));
  }
  return {};
}

}  // namespace

base::Result<void> CheckInputs(std::span<const TensorSpec> specs,
                               std::span<const TensorView> inputs) {
  if (inputs.size() != specs.size()) {
    return base::InvalidArgument(
        fmt::format("{} input tensors were given, the model takes {}", inputs.size(),
                    fmt::join(specs | std::views::transform(&TensorSpec::name), ", ")));
  }
  for (std::size_t i = 0; i < specs.size(); ++i) {
    GC_RETURN_IF_ERROR(CheckInput(specs[i], inputs[i]));
  }
  return {};
}

std::string FormatShape(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

}  // namespace geoclimate::inference
