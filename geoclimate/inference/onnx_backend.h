#pragma once

#include <cstddef>
#include <memory>

#include "geoclimate/inference/backend.h"
#include "geoclimate/inference/onnx_model.h"

namespace geoclimate::inference {

// An ONNX graph as something that scores rows. It takes one FP32 input of any number of rows, and
// answers an FP32 output with one row for each: the one called "probabilities", "variable" or
// "output", else the first that is such. Its other outputs are there as tensors only.
//
// NaN and infinity go into the graph as they are. Unlike Backend says, a call allocates: the
// graph's intermediate tensors.
class OnnxBackend final : public Backend {
 public:
  // How far the answers to a row alone and in a batch may lie apart, relative to the larger one or
  // to 1. Of the operators of ordinary networks none did differ; some round the last elements of a
  // tensor in another way than the others.
  static constexpr float kTolerance = 1e-4F;

  // Runs some rows alone and together. kUnimplemented, saying why, for a graph that scores no rows:
  // it takes other inputs; has no such output; has rows that depend on each other; fails at rows.
  // `model` must outlive it.
  static base::Result<std::unique_ptr<OnnxBackend>> Build(const OnnxModel& model);

  std::size_t features() const override { return features_; }
  std::size_t outputs() const override { return outputs_; }
  base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                             std::span<float> out) const override;

  // Whether the rows that Build() tried gave the same bits alone and together; else they were
  // within kTolerance.
  bool is_exact() const { return is_exact_; }

 private:
  OnnxBackend(const OnnxModel& model, std::size_t features) : model_(model), features_(features) {}
  base::Result<void> ChooseOutput();
  base::Result<void> CompareAloneAndTogether();

  const OnnxModel& model_;
  std::size_t features_;
  std::size_t output_ = 0;
  std::size_t outputs_ = 0;
  std::size_t rank_ = 2;  // of the output: 1 for one number a row without a second dimension
  bool is_exact_ = true;
};

}  // namespace geoclimate::inference
