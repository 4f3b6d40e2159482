#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/features/feature_schema.h"
#include "geoclimate/inference/explanation.h"
#include "geoclimate/inference/tensor.h"
#include "geoclimate/model/forecaster.h"
#include "geoclimate/model/manifest.h"
#include "geoclimate/model/model_file.h"

namespace geoclimate::inference {

// A model in memory, ready to score: its description, its input schema and its engine. Immutable,
// thread-safe; handed around as shared_ptr<const LoadedModel>.
//
// Three kinds. A forecaster answers the mean concentration as its one output and has a distribution
// too. Any other ensemble answers what its own library would: one output or one a class. An ONNX
// graph answers tensors with tensors; one that takes rows of floats answers these too
// (OnnxBackend).
class LoadedModel {
 public:
  // From the bytes of an artifact in any known format (model::ReadModelFile). What `description`
  // leaves empty of type, task, features, fingerprint, size and SHA-256 is filled in from the
  // artifact; a name or an id is not made up. Errors: the readers' own for broken bytes;
  // kFailedPrecondition, naming both, when `description` has features or a fingerprint that are not
  // the artifact's.
  static base::Result<std::shared_ptr<const LoadedModel>> Parse(model::ModelDescription description,
                                                                std::string_view artifact);
  // The same from what was read or trained already; size and SHA-256 are left as they are.
  // kInvalidArgument when the content does not pass Validate().
  static base::Result<std::shared_ptr<const LoadedModel>> FromFile(
      model::ModelDescription description, model::ModelFile file);
  static base::Result<std::shared_ptr<const LoadedModel>> FromForecaster(
      model::ModelDescription description, model::Forecaster forecaster);
  ~LoadedModel();

  const model::ModelDescription& description() const;
  // A number that no other model in this process has or had, the same version loaded again
  // included.
  std::uint64_t identity() const { return identity_; }
  // Of a foreign model: features named as its file names them, without units or ranges. Without
  // features where an ONNX graph takes other tensors than one matrix of floats.
  const features::FeatureSchema& schema() const;
  // Null for a foreign model. Its members' trees and the spread's are
  // emptied: the engine holds them.
  const model::Forecaster* forecaster() const;
  // Values a row: 1 for a forecaster; 0 for a model that takes no rows.
  std::size_t outputs() const;

  // Scores `count` rows of schema().size() floats, row-major, NaN where missing, into count x
  // outputs() floats. Does not allocate, but for an ONNX graph's own needs. Errors: see
  // Backend::Predict.
  base::Result<void> Predict(std::span<const float> rows, std::size_t count,
                             std::span<float> out) const;
  // One distribution a row. Of a forecaster only: a foreign model has none, and the call is a bug.
  base::Result<void> PredictDistributions(std::span<const float> rows, std::size_t count,
                                          std::span<model::Distribution> out) const;
  // The same answers as named tensors, for protocols that speak in them. An ONNX graph takes and
  // gives what it says. Any other model takes one FP32 input "input" [-1, schema().size()] and
  // gives "output" FP32 [-1, outputs()], a forecaster "p10", "p50" and "p90" FP32 [-1, 1] too.
  std::span<const TensorSpec> tensor_inputs() const;
  std::span<const TensorSpec> tensor_outputs() const;
  // Whether Predict() may be called: the model takes rows of schema().size() numbers. Not so only
  // of some ONNX graphs.
  bool takes_rows() const;

  // Answers tensors with tensors: `inputs` are as tensor_inputs() says and in its order; `outputs`
  // become as tensor_outputs() says and in its order, their memory reused. Inputs are copied only
  // where they are not aligned as their type is. kInvalidArgument naming the tensor that is not as
  // it should be; else OnnxModel::Run's. After a failure `outputs` hold no answer.
  base::Result<void> Infer(std::span<const TensorView> inputs, std::vector<Tensor>& outputs) const;

  // How the answer to one row came about; `output`, below explained_outputs(), says of which
  // margin. Takes hundreds of times as long as a prediction, and allocates. kUnimplemented, saying
  // why, for a model that cannot be explained; kInvalidArgument for a row that a forecaster has no
  // answer to.
  base::Result<Explanation> Explain(std::span<const float> row, std::size_t output) const;
  // 1 for a forecaster, else one a margin. 0 for a model that cannot be explained.
  std::size_t explained_outputs() const;

 private:
  struct State;
  // `file` has been validated.
  static base::Result<std::shared_ptr<const LoadedModel>> Assemble(
      model::ModelDescription description, model::ModelFile file);
  explicit LoadedModel(std::unique_ptr<const State> state);
  base::Result<void> InferDistributions(std::span<const float> rows, std::size_t count,
                                        std::span<Tensor> outputs) const;
  std::unique_ptr<const State> state_;
  const std::uint64_t identity_;
};

}  // namespace geoclimate::inference
