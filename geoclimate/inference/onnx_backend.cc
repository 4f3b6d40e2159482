#include "geoclimate/inference/onnx_backend.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

namespace geoclimate::inference {
namespace {

// Rows that Build() tries: no multiple of a vector's width.
constexpr std::size_t kTried = 11;

// The columns of the one input, or nothing when it takes no rows.
std::size_t ColumnsOf(const OnnxModel& model) {
  if (model.inputs().size() != 1 || model.inputs()[0].type != TensorType::kFp32) return 0;
  const std::vector<std::int64_t>& shape = model.inputs()[0].shape;
  if (shape.size() != 2 || shape[0] != -1 || shape[1] <= 0) return 0;
  return static_cast<std::size_t>(shape[1]);
}

// Rows of small, large and missing values; the same for every model of this width.
std::vector<float> RowsToTry(std::size_t columns) {
  std::vector<float> rows(kTried * columns);
  std::uint32_t state = 1;
  for (float& value : rows) {
    state = state * 1'664'525U + 1'013'904'223U;
    value = static_cast<float>(state >> 16U) / 16'384.0F - 2.0F;
  }
  const std::span<float> all(rows);
  std::ranges::fill(all.first(columns), 0.0F);
  for (float& value : all.subspan(columns, columns)) value *= 1000;
  std::ranges::fill(all.last(columns), std::numeric_limits<float>::quiet_NaN());
  return rows;
}

bool AreWithin(float a, float b, float tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) == std::isnan(b);
  if (a == b) return true;  // infinities
  return std::abs(a - b) <= tolerance * std::max({std::abs(a), std::abs(b), 1.0F});
}

TensorView ViewOf(std::span<const float> rows, std::span<const std::int64_t> shape) {
  return {.type = TensorType::kFp32, .shape = shape, .bytes = std::as_bytes(rows)};
}

// Whether an answer is one row of numbers for each of kTried rows.
bool AnswersRows(const Tensor& answer) {
  constexpr auto kRows = static_cast<std::int64_t>(kTried);
  const std::vector<std::int64_t>& shape = answer.shape;
  if (answer.type != TensorType::kFp32 || shape.empty() || shape[0] != kRows) return false;
  return shape.size() == 1 || (shape.size() == 2 && shape[1] > 0);
}

}  // namespace

base::Result<std::unique_ptr<OnnxBackend>> OnnxBackend::Build(const OnnxModel& model) {
  const std::size_t columns = ColumnsOf(model);
  if (columns == 0) {
    return base::Unimplemented("it takes no rows: its input is not one FP32 matrix of any height");
  }
  auto backend = std::unique_ptr<OnnxBackend>(new OnnxBackend(model, columns));
  GC_RETURN_IF_ERROR(backend->ChooseOutput());
  GC_RETURN_IF_ERROR(backend->CompareAloneAndTogether());
  return backend;
}

base::Result<void> OnnxBackend::ChooseOutput() {
  const std::vector<float> rows = RowsToTry(features_);
  const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(kTried),
                                             static_cast<std::int64_t>(features_)};
  std::vector<Tensor> answers;
  const base::Result<void> run = model_.Run({{ViewOf(rows, shape)}}, answers);
  if (!run.ok()) {
    return base::Unimplemented(fmt::format("it scores no rows: {}", run.error().ToString()));
  }
  constexpr std::array<std::string_view, 4> kPreferred = {"probabilities", "variable", "output",
                                                          ""};
  for (const std::string_view name : kPreferred) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!name.empty() && model_.outputs()[i].name != name) continue;
      if (!AnswersRows(answers[i])) continue;
      output_ = i;
      rank_ = answers[i].shape.size();
      outputs_ = rank_ == 1 ? 1 : static_cast<std::size_t>(answers[i].shape[1]);
      return {};
    }
  }
  return base::Unimplemented("it scores no rows: no FP32 output has a row for each of the input's");
}

base::Result<void> OnnxBackend::CompareAloneAndTogether() {
  const std::vector<float> rows = RowsToTry(features_);
  std::vector<float> together(kTried * outputs_);
  std::vector<float> alone(together.size());
  base::Result<void> run = Predict(rows, kTried, together);
  for (std::size_t i = 0; i < kTried && run.ok(); ++i) {
    run = Predict(std::span(rows).subspan(i * features_, features_), 1,
                  std::span(alone).subspan(i * outputs_, outputs_));
  }
  if (!run.ok()) {
    return base::Unimplemented(fmt::format("it scores no rows: {}", run.error().ToString()));
  }
  for (std::size_t i = 0; i < together.size(); ++i) {
    if (!AreWithin(together[i], alone[i], kTolerance)) {
      return base::Unimplemented(
          "it scores no rows: the answer to one depends on the others beside it");
    }
    const bool is_nan = std::isnan(alone[i]);  // of which the bits say nothing
    if (!is_nan &&
        std::bit_cast<std::uint32_t>(together[i]) != std::bit_cast<std::uint32_t>(alone[i])) {
      is_exact_ = false;
    }
  }
  return {};
}

base::Result<void> OnnxBackend::Predict(std::span<const float> rows, std::size_t count,
                                        std::span<float> out) const {
  GC_CHECK(rows.size() == count * features_, "rows are whole");
  GC_CHECK(out.size() == count * outputs_, "one answer a row and output");
  if (count == 0) return {};
  const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(count),
                                             static_cast<std::int64_t>(features_)};
  const std::array<std::int64_t, 2> answer_shape = {static_cast<std::int64_t>(count),
                                                    static_cast<std::int64_t>(outputs_)};
  return model_.RunInto({{ViewOf(rows, shape)}}, output_, std::span(answer_shape).first(rank_),
                        std::as_writable_bytes(out));
}

}  // namespace geoclimate::inference
