#include "geoclimate/service/tensor_inference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "geoclimate/inference/row_answers.h"
#include "geoclimate/service/prediction.h"

namespace geoclimate::service {
namespace {

using inference::TensorSpec;
using inference::TensorType;
using inference::TensorView;

base::Error Refuse(std::string_view name, std::string_view why) {
  return base::InvalidArgument(fmt::format("input '{}': {}", name, why));
}

std::string Text(std::span<const std::int64_t> shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

base::Result<void> CheckType(const InputTensor& input, TensorType type) {
  if (input.tensor.type == type) return {};
  return Refuse(input.name, fmt::format("its datatype is {}, the model takes {}",
                                        TensorTypeName(input.tensor.type), TensorTypeName(type)));
}

base::Result<void> CheckSize(const InputTensor& input) {
  const auto elements = inference::ElementCount(input.tensor.shape);
  const std::size_t each = inference::ElementBytes(input.tensor.type);
  if (!elements.has_value() || *elements > std::numeric_limits<std::size_t>::max() / each) {
    return Refuse(input.name,
                  fmt::format("the shape {} is not one of a tensor", Text(input.tensor.shape)));
  }
  if (input.tensor.bytes.size() == *elements * each) return {};
  return Refuse(input.name, fmt::format("the shape {} of {} takes {} bytes, {} came",
                                        Text(input.tensor.shape), TensorTypeName(input.tensor.type),
                                        *elements * each, input.tensor.bytes.size()));
}

base::Error WrongShape(const InputTensor& input, std::string_view expected) {
  return Refuse(input.name, fmt::format("its shape is {}, the model takes {}",
                                        Text(input.tensor.shape), expected));
}

bool Fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> spec) {
  return std::ranges::equal(
      shape, spec, [](std::int64_t have, std::int64_t want) { return want < 0 || have == want; });
}

}  // namespace

template <typename T>
std::span<T> TensorInference::Allocate(std::size_t size) {
  if (size == 0) return {};
  return {static_cast<T*>(memory_->allocate(size * sizeof(T), alignof(T))), size};
}

base::Result<TensorInference> TensorInference::Prepare(const ServedModel& model,
                                                       std::span<const InputTensor> inputs,
                                                       std::span<const std::string_view> outputs,
                                                       std::size_t most_rows,
                                                       std::pmr::memory_resource& memory) {
  TensorInference run(model, memory);
  if (inputs.empty()) return base::InvalidArgument("the request has no inputs");
  for (const InputTensor& input : inputs) GC_RETURN_IF_ERROR(CheckSize(input));
  GC_RETURN_IF_ERROR(run.by_rows() ? run.TakeRows(inputs, most_rows) : run.TakeTensors(inputs));
  GC_RETURN_IF_ERROR(run.ChooseOutputs(outputs));
  if (run.by_rows()) run.AllocateOutputs();
  run.scored_ = run.by_rows() && run.rows_ == 0;
  return run;
}

base::Result<void> TensorInference::TakeRows(std::span<const InputTensor> inputs,
                                             std::size_t most_rows) {
  // A feature may be named as the rows are: it is one when its shape is that of a column.
  const InputTensor& first = inputs.front();
  const std::string& row_input = model_->model->tensor_inputs().front().name;
  const bool is_feature =
      model_->schema().Find(row_input) >= 0 &&
      !(first.tensor.shape.size() == 2 &&
        static_cast<std::size_t>(first.tensor.shape[1]) == model_->schema().size());
  const bool whole = first.name == row_input && !is_feature;
  if (whole && inputs.size() > 1) {
    return Refuse(inputs[1].name, fmt::format("rows came as '{}' already", row_input));
  }
  GC_RETURN_IF_ERROR(whole ? TakeRowTensor(first) : TakeFeatures(inputs));
  if (rows_ <= most_rows) return {};
  return Refuse(first.name, fmt::format("it has {} rows, {} are the most", rows_, most_rows));
}

base::Result<void> TensorInference::TakeRowTensor(const InputTensor& input) {
  const std::size_t columns = model_->schema().size();
  GC_RETURN_IF_ERROR(CheckType(input, TensorType::kFp32));
  const std::span<const std::int64_t> shape = input.tensor.shape;
  if (shape.size() != 2 || static_cast<std::size_t>(shape[1]) != columns) {
    return WrongShape(input, fmt::format("[-1, {}]", columns));
  }
  rows_ = static_cast<std::size_t>(shape[0]);
  const std::span<const std::byte> bytes = input.tensor.bytes;
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0) {
    values_ = {reinterpret_cast<const float*>(bytes.data()), rows_ * columns};
    return {};
  }
  const std::span<float> aligned = Allocate<float>(rows_ * columns);
  if (!aligned.empty()) std::memcpy(aligned.data(), bytes.data(), bytes.size());
  values_ = aligned;
  return {};
}

base::Result<void> TensorInference::TakeFeatures(std::span<const InputTensor> inputs) {
  const features::FeatureSchema& schema = model_->schema();
  const std::size_t columns = schema.size();
  const std::span<bool> given = Allocate<bool>(columns);
  std::ranges::fill(given, false);
  std::span<float> values;
  for (const InputTensor& input : inputs) {
    const int column = schema.Find(input.name);
    if (column < 0) {
      return Refuse(input.name,
                    fmt::format("the model takes '{}' [-1, {}], or its features by name; the "
                                "nearest is '{}'",
                                model_->model->tensor_inputs().front().name, columns,
                                schema.Nearest(input.name)));
    }
    GC_RETURN_IF_ERROR(CheckType(input, TensorType::kFp32));
    const std::span<const std::int64_t> shape = input.tensor.shape;
    const bool is_column = shape.size() == 1 || (shape.size() == 2 && shape[1] == 1);
    if (!is_column) return WrongShape(input, "[-1, 1]");
    const auto rows = static_cast<std::size_t>(shape[0]);
    if (&input == &inputs.front()) {
      rows_ = rows;
      values = Allocate<float>(rows_ * columns);
      std::ranges::fill(values, std::numeric_limits<float>::quiet_NaN());
    }
    if (rows != rows_) {
      return Refuse(input.name,
                    fmt::format("it has {} rows, '{}' has {}", rows, inputs.front().name, rows_));
    }
    bool& seen = given[static_cast<std::size_t>(column)];
    if (seen) return Refuse(input.name, "it is given twice");
    seen = true;
    for (std::size_t row = 0; row < rows; ++row) {
      std::memcpy(&values[row * columns + static_cast<std::size_t>(column)],
                  input.tensor.bytes.data() + row * sizeof(float), sizeof(float));
    }
  }
  values_ = values;
  return {};
}

base::Result<void> TensorInference::TakeTensors(std::span<const InputTensor> inputs) {
  const std::span<const TensorSpec> specs = model_->model->tensor_inputs();
  for (const InputTensor& input : inputs) {
    const auto spec = std::ranges::find(specs, input.name, &TensorSpec::name);
    if (spec == specs.end()) return Refuse(input.name, "the model has no such input");
    if (std::ranges::count(inputs, input.name, &InputTensor::name) > 1) {
      return Refuse(input.name, "it is given twice");
    }
    GC_RETURN_IF_ERROR(CheckType(input, spec->type));
    if (!Fits(input.tensor.shape, spec->shape)) return WrongShape(input, Text(spec->shape));
  }
  views_.reserve(specs.size());
  for (const TensorSpec& spec : specs) {
    const auto input = std::ranges::find(inputs, spec.name, &InputTensor::name);
    if (input == inputs.end()) return Refuse(spec.name, "it is missing");
    views_.push_back(input->tensor);
  }
  const TensorSpec& first = specs.front();
  rows_ = !first.shape.empty() && first.shape[0] < 0
              ? static_cast<std::size_t>(views_.front().shape[0])
              : 1;
  return {};
}

base::Result<void> TensorInference::ChooseOutputs(std::span<const std::string_view> wanted) {
  const std::span<const TensorSpec> specs = model_->model->tensor_outputs();
  outputs_.reserve(wanted.empty() ? specs.size() : wanted.size());
  if (wanted.empty()) {
    for (const TensorSpec& spec : specs) outputs_.push_back({&spec, {}, {}});
  }
  for (const std::string_view name : wanted) {
    const auto spec = std::ranges::find(specs, name, &TensorSpec::name);
    if (spec == specs.end()) {
      return base::InvalidArgument(fmt::format("output '{}': the model has no such output", name));
    }
    const bool twice = std::ranges::any_of(
        outputs_, [&](const OutputTensor& chosen) { return chosen.spec == &*spec; });
    if (twice) {
      return base::InvalidArgument(fmt::format("output '{}': it is asked for twice", name));
    }
    outputs_.push_back({&*spec, {}, {}});
  }
  wants_distribution_ = std::ranges::any_of(
      outputs_, [&](const OutputTensor& output) { return output.spec != &specs.front(); });
  return {};
}

void TensorInference::AllocateOutputs() {
  const std::span<const TensorSpec> specs = model_->model->tensor_outputs();
  for (std::size_t i = 0; i < specs.size() && i < out_.size(); ++i) {
    if (i > 0 && !wants_distribution_) break;
    out_.at(i) = Allocate<float>(rows_ * (i == 0 ? model_->model->outputs() : 1));
  }
  for (OutputTensor& output : outputs_) {
    const auto index = static_cast<std::size_t>(output.spec - specs.data());
    const std::span<std::int64_t> shape = Allocate<std::int64_t>(2);
    shape[0] = static_cast<std::int64_t>(rows_);
    shape[1] = static_cast<std::int64_t>(index == 0 ? model_->model->outputs() : 1);
    output.shape = shape;
    output.bytes = std::as_bytes(out_.at(index));
  }
}

bool TensorInference::by_rows() const {
  const inference::LoadedModel& model = *model_->model;
  return model.takes_rows() &&
         (model.forecaster() != nullptr || model.tensor_outputs().size() == 1);
}

bool TensorInference::ScoresInline() const {
  if (model_->scheduler == nullptr) return true;
  return by_rows() && model_->ScoresInline(rows_);
}

base::Result<void> TensorInference::Take(base::Result<void> result,
                                         std::span<const float> answers) {
  if (result.ok() && model_->model->forecaster() == nullptr) {
    std::ranges::copy(answers, out_[0].begin());
  } else if (result.ok()) {
    // The columns of a forecaster's answer are in the order of its outputs.
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::span<float> column = out_.at(i % kRowOutputs);
      if (!column.empty()) column[i / kRowOutputs] = answers[i];
    }
  }
  GC_RETURN_IF_ERROR(CheckScored(*model_, values_, rows_, 0, std::move(result), out_[0]));
  done_ = rows_;
  scored_ = true;
  ++executions_;
  return {};
}

base::Result<void> TensorInference::Score(std::size_t most) {
  if (!by_rows()) return ScoreTensors();
  const std::size_t count = std::min(most, rows_ - done_);
  GC_RETURN_IF_ERROR(wants_distribution_ ? ScoreDistributions(count) : ScoreRows(count));
  done_ += count;
  scored_ = true;
  ++executions_;
  return {};
}

base::Result<void> TensorInference::ScoreRows(std::size_t count) {
  const std::size_t columns = model_->schema().size();
  const std::size_t width = model_->model->outputs();
  return service::Score(*model_, values_.subspan(done_ * columns, count * columns), count, done_,
                        out_[0].subspan(done_ * width, count * width));
}

base::Result<void> TensorInference::ScoreDistributions(std::size_t count) {
  static_assert(inference::kMeanColumn == 0 && inference::kP90Column + 1 == kRowOutputs);
  constexpr std::size_t kBlock = kMostDistributions;
  std::array<model::Distribution, kBlock> block;
  const std::size_t columns = model_->schema().size();
  for (std::size_t first = done_; first < done_ + count; first += kBlock) {
    const std::size_t size = std::min(kBlock, done_ + count - first);
    const std::span<model::Distribution> distributions = std::span(block).first(size);
    GC_RETURN_IF_ERROR(service::ScoreDistributions(
        *model_, values_.subspan(first * columns, size * columns), size, first, distributions));
    for (std::size_t i = 0; i < size; ++i) {
      out_[0][first + i] = distributions[i].mean;
      out_[1][first + i] = distributions[i].quantiles[model::kP10];
      out_[2][first + i] = distributions[i].quantiles[model::kP50];
      out_[3][first + i] = distributions[i].quantiles[model::kP90];
    }
  }
  return {};
}

prediction_log::AnsweredRows TensorInference::answered() const {
  prediction_log::AnsweredRows answered{
      .at = {}, .count = rows_, .rows = values_, .outputs = out_[0]};
  if (!out_[1].empty() && !out_[3].empty()) {
    answered.intervals = {.p10 = out_[1].data(), .p90 = out_[3].data()};
  }
  return answered;
}

base::Result<void> TensorInference::ScoreTensors() {
  const auto answered = model_->model->Infer(views_, tensors_);
  (answered.ok() ? model_->metrics.succeeded : model_->metrics.failed).Add(rows_);
  if (!answered.ok()) return answered.error();
  const std::span<const TensorSpec> specs = model_->model->tensor_outputs();
  for (OutputTensor& output : outputs_) {
    const auto index = static_cast<std::size_t>(output.spec - specs.data());
    output.shape = tensors_[index].shape;
    output.bytes = tensors_[index].bytes;
  }
  done_ = rows_;
  scored_ = true;
  ++executions_;
  return {};
}

}  // namespace geoclimate::service
