#include "geoclimate/service/prediction.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

namespace geoclimate::service {
namespace {

base::Error NoAnswer(const ServedModel& served, std::size_t row) {
  const model::Forecaster* forecaster = served.model->forecaster();
  if (forecaster == nullptr) {
    return base::InvalidArgument(fmt::format("row {}: the model's answer is not finite", row));
  }
  return base::InvalidArgument(
      fmt::format("row {}: the model's baseline needs '{}' or '{}', and both are missing", row,
                  forecaster->baseline.last_feature, forecaster->baseline.reference_feature));
}

base::Result<void> CheckFinite(const ServedModel& served, std::size_t first_row,
                               std::span<const float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!std::isfinite(out[i])) {
      return NoAnswer(served, first_row + i / served.model->outputs());
    }
  }
  return {};
}

base::Result<void> ScoreDistributions(const ServedModel& served, std::span<const float> rows,
                                      std::size_t count, std::span<float> out,
                                      std::span<Interval> intervals) {
  constexpr std::size_t kChunk = 64;
  std::array<model::Distribution, kChunk> distributions;
  const std::size_t columns = served.schema().size();
  for (std::size_t from = 0; from < count; from += kChunk) {
    const std::size_t size = std::min(kChunk, count - from);
    GC_RETURN_IF_ERROR(served.model->PredictDistributions(
        rows.subspan(from * columns, size * columns), size, std::span(distributions).first(size)));
    for (std::size_t i = 0; i < size; ++i) {
      out[from + i] = distributions[i].mean;
      intervals[from + i] = {.p10 = distributions[i].quantiles[model::kP10],
                             .p90 = distributions[i].quantiles[model::kP90]};
    }
  }
  return {};
}

}  // namespace

bool HasIntervals(const ServedModel& served) {
  return served.model->forecaster() != nullptr;
}

base::Result<void> Score(const ServedModel& served, std::span<const float> rows, std::size_t count,
                         std::size_t first_row, std::span<float> out) {
  return CheckScored(served, rows, count, first_row, served.model->Predict(rows, count, out), out);
}

base::Result<void> ScoreWithIntervals(const ServedModel& served, std::span<const float> rows,
                                      std::size_t count, std::size_t first_row,
                                      std::span<float> out, std::span<Interval> intervals) {
  return CheckScored(served, rows, count, first_row,
                     ScoreDistributions(served, rows, count, out, intervals), out);
}

base::Result<void> CheckScored(const ServedModel& served, std::span<const float> rows,
                               std::size_t count, std::size_t first_row, base::Result<void> result,
                               std::span<const float> out) {
  if (result.ok()) result = CheckFinite(served, first_row, out);
  (result.ok() ? served.metrics.succeeded : served.metrics.failed).Add(count);
  if (served.split != nullptr) {
    served.split->stats(served.arm)
        .Count(result.ok() ? ArmStats::Outcome::kSucceeded : ArmStats::Outcome::kFailed);
  }
  if (served.mirror != nullptr && result.ok()) served.mirror->Mirror(rows, count, out);
  return result;
}

base::Result<void> ScoreDistributions(const ServedModel& served, std::span<const float> rows,
                                      std::size_t count, std::size_t first_row,
                                      std::span<model::Distribution> out) {
  GC_CHECK(count <= kMostDistributions, "distributions are scored some at a time");
  std::array<float, kMostDistributions> means{};
  auto result = served.model->PredictDistributions(rows, count, out);
  if (result.ok()) {
    std::ranges::transform(out, means.begin(), &model::Distribution::mean);
  }
  return CheckScored(served, rows, count, first_row, std::move(result),
                     std::span(means).first(count));
}

}  // namespace geoclimate::service
