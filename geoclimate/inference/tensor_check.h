#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/tensor.h"

namespace geoclimate::inference {

// Whether `inputs` are what `specs` say, one for one and in their order: as many, of the same types
// and ranks, equal in every size that is not -1, and with as many bytes as shape and type say.
// kInvalidArgument naming the tensor, what it is and what was expected.
base::Result<void> CheckInputs(std::span<const TensorSpec> specs,
                               std::span<const TensorView> inputs);

// "[-1, 24]".
std::string FormatShape(std::span<const std::int64_t> shape);

}  // namespace geoclimate::inference
