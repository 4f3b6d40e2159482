#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/inference/tensor.h"
#include "geoclimate/prediction_log/prediction_log.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

// A tensor of a request, under its name.
struct InputTensor {
  std::string_view name;
  inference::TensorView tensor;
};

// A tensor of the answer; valid as long as the TensorInference that it is of.
struct OutputTensor {
  const inference::TensorSpec* spec = nullptr;
  std::span<const std::int64_t> shape;
  std::span<const std::byte> bytes;
};

// One request of the Open Inference Protocol, whatever it came by: checked against its model when
// made, then scored a slice at a time.
//
//   GC_ASSIGN_OR_RETURN(TensorInference run,
//                       TensorInference::Prepare(model, inputs, outputs, most_rows, memory));
//   while (!run.done()) GC_RETURN_IF_ERROR(run.Score(64));
//   for (const OutputTensor& output : run.outputs()) ...
//
// A model of named features takes its rows as one tensor FP32 [-1, features], "input" but for an
// ONNX graph that names it otherwise, used where it lies when it is aligned; or one tensor a
// feature by its name, FP32 [-1, 1] or [-1], where a feature that is not given is missing. Any
// other model takes its inputs as it says, all of them.
//
// Not thread-safe. `model`, the inputs' bytes and shapes, and `memory` must outlive it; of a model
// of rows nothing comes from the heap but through `memory`.
class TensorInference {
 public:
  // `outputs`: the names that are wanted, in this order; all of the model's when empty.
  //   kInvalidArgument   naming the tensor: one that the model does not have, that is given twice,
  //                      that is missing, of another datatype or shape than the model takes, with
  //                      more or fewer bytes than its shape says, or of more than `most_rows` rows
  static base::Result<TensorInference> Prepare(const ServedModel& model,
                                               std::span<const InputTensor> inputs,
                                               std::span<const std::string_view> outputs,
                                               std::size_t most_rows,
                                               std::pmr::memory_resource& memory);
  TensorInference(TensorInference&&) noexcept = default;
  TensorInference& operator=(TensorInference&&) = delete;

  const ServedModel& model() const { return *model_; }
  // Whether rows are scored as rows, and so together with those of others: of a model that takes
  // them and answers one tensor, or is a forecaster.
  bool by_rows() const;
  // Whether the caller's thread is to call Score() by itself; else ScheduledInference.
  bool ScoresInline() const;

  // Rows of the request; 1 for a model that does not take rows and has no first axis that varies.
  std::size_t rows() const { return rows_; }
  bool done() const { return done_ == rows_ && scored_; }
  // Calls of the model so far.
  std::size_t executions() const { return executions_; }

  // The next `most` rows at the most; a model that does not take rows answers as a whole. Errors:
  // service::Score's, LoadedModel::Infer's. After one nothing can be asked any more.
  base::Result<void> Score(std::size_t most);

  // Of a model of rows: rows() x features, for who scores them otherwise, and then his answers to
  // all of them, as inference::AnswerRows() gives them. Errors: service::Score's and `result`'s.
  std::span<const float> values() const { return values_; }
  base::Result<void> Take(base::Result<void> result, std::span<const float> answers);

  // Of a model of rows, when done(): what is logged of the request, but for who asked and when.
  prediction_log::AnsweredRows answered() const;

  // In the order that was asked for. When done().
  std::span<const OutputTensor> outputs() const { return outputs_; }

 private:
  TensorInference(const ServedModel& model, std::pmr::memory_resource& memory)
      : model_(&model), memory_(&memory), outputs_(&memory) {}

  base::Result<void> TakeRows(std::span<const InputTensor> inputs, std::size_t most_rows);
  base::Result<void> TakeRowTensor(const InputTensor& input);
  base::Result<void> TakeFeatures(std::span<const InputTensor> inputs);
  base::Result<void> TakeTensors(std::span<const InputTensor> inputs);
  base::Result<void> ChooseOutputs(std::span<const std::string_view> wanted);
  void AllocateOutputs();
  base::Result<void> ScoreRows(std::size_t count);
  base::Result<void> ScoreDistributions(std::size_t count);
  base::Result<void> ScoreTensors();

  template <typename T>
  std::span<T> Allocate(std::size_t size);

  static constexpr std::size_t kRowOutputs = 4;  // output, p10, p50, p90

  const ServedModel* model_;
  std::pmr::memory_resource* memory_;
  std::size_t rows_ = 1;
  std::size_t done_ = 0;
  std::size_t executions_ = 0;
  bool scored_ = false;
  bool wants_distribution_ = false;
  std::span<const float> values_;                  // rows x features
  std::array<std::span<float>, kRowOutputs> out_;  // in the order of the model's outputs
  std::pmr::vector<OutputTensor> outputs_;
  // Of a model that does not take rows.
  std::vector<inference::TensorView> views_;
  std::vector<inference::Tensor> tensors_;
};

}  // namespace geoclimate::service
