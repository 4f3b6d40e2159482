#include "geoclimate/inference/row_answers.h"

#include <algorithm>
#include <array>

namespace geoclimate::inference {
namespace {

constexpr std::size_t kForecasterColumns = kP90Column + 1;

}  // namespace

std::size_t AnswerColumns(const LoadedModel& model) {
  return model.forecaster() != nullptr ? kForecasterColumns : model.outputs();
}

base::Result<void> AnswerRows(const LoadedModel& model, std::span<const float> rows,
                              std::size_t count, std::span<float> answers) {
  if (model.forecaster() == nullptr) return model.Predict(rows, count, answers);
  std::array<model::Distribution, 64> block;
  const std::size_t features = model.schema().size();
  for (std::size_t first = 0; first < count; first += block.size()) {
    const std::size_t size = std::min(block.size(), count - first);
    GC_RETURN_IF_ERROR(model.PredictDistributions(rows.subspan(first * features, size * features),
                                                  size, std::span(block).first(size)));
    for (std::size_t i = 0; i < size; ++i) {
      const std::span<float> to =
          answers.subspan((first + i) * kForecasterColumns, kForecasterColumns);
      to[kMeanColumn] = block[i].mean;
      to[kP10Column] = block[i].quantiles[model::kP10];
      to[kP50Column] = block[i].quantiles[model::kP50];
      to[kP90Column] = block[i].quantiles[model::kP90];
    }
  }
  return {};
}

}  // namespace geoclimate::inference
