#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/inference/tensor.h"
#include "geoclimate/model/forecaster.h"

// Rows and their answers as tensors: what a model of rows is to a protocol that speaks in them.
namespace geoclimate::inference {

// FP32 "input" [-1, features].
std::vector<TensorSpec> RowInputSpecs(std::size_t features);
// FP32 "output" [-1, outputs].
std::vector<TensorSpec> RowOutputSpecs(std::size_t outputs);
// FP32 "output", "p10", "p50" and "p90", [-1, 1] each.
std::vector<TensorSpec> DistributionSpecs();

// The floats of an FP32 tensor that passed CheckInputs(). They are the tensor's own bytes where
// these are aligned; else a copy in memory of the calling thread, valid until its next call.
std::span<const float> FloatsOf(const TensorView& tensor);
std::span<float> FloatsOf(Tensor& tensor);

// Makes `outputs` as `specs` say, with `count` in place of -1. Allocates only to grow.
void ResizeTo(std::span<const TensorSpec> specs, std::size_t count, std::vector<Tensor>& outputs);

// Writes rows `first`... of tensors as DistributionSpecs() says.
void WriteDistributions(std::span<const model::Distribution> distributions, std::size_t first,
                        std::span<Tensor> outputs);

}  // namespace geoclimate::inference
