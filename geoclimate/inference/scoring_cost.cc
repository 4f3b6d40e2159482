#include "geoclimate/inference/scoring_cost.h"

#include <algorithm>
#include <random>
#include <vector>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::inference {
namespace {

constexpr std::size_t kBatchRows = 64;
constexpr int kMostRuns = 8;
constexpr std::chrono::milliseconds kEnough{1};

base::Result<std::chrono::nanoseconds> ShortestRun(const LoadedModel& model,
                                                   const base::Clock& clock,
                                                   const std::vector<float>& rows,
                                                   std::size_t count) {
  const std::size_t features = model.schema().size();
  const std::size_t columns = AnswerColumns(model);
  std::vector<float> answers(count * columns);
  auto shortest = std::chrono::nanoseconds::max();
  const base::Instant began = clock.MonotonicNow();
  for (int run = 0; run < kMostRuns; ++run) {
    const std::size_t first = count == 1 ? static_cast<std::size_t>(run) : 0;
    const base::Instant start = clock.MonotonicNow();
    GC_RETURN_IF_ERROR(AnswerRows(
        model, std::span(rows).subspan(first * features, count * features), count, answers));
    const base::Instant end = clock.MonotonicNow();
    shortest = std::min(shortest, std::chrono::nanoseconds(end - start));
    // The first run warms the caches.
    if (run > 0 && end - began > kEnough) break;
  }
  return shortest;
}

}  // namespace

std::chrono::nanoseconds ScoringCost::Of(std::size_t rows) const {
  if (rows == 0) return std::chrono::nanoseconds(0);
  return one_row + batch_row * static_cast<std::int64_t>(rows - 1);
}

base::Result<ScoringCost> MeasureScoringCost(const LoadedModel& model, const base::Clock& clock) {
  static_assert(kMostRuns <= static_cast<int>(kBatchRows));
  // Values of many sizes, so that the walks part.
  std::minstd_rand random(20201231);  // NOLINT(bugprone-random-generator-seed): the same each time
  std::lognormal_distribution<float> value(1, 2);
  std::vector<float> rows(kBatchRows * model.schema().size());
  for (float& one : rows) one = value(random);
  ScoringCost cost;
  if (!model.takes_rows()) return cost;
  GC_ASSIGN_OR_RETURN(cost.one_row, ShortestRun(model, clock, rows, 1));
  GC_ASSIGN_OR_RETURN(const std::chrono::nanoseconds batch,
                      ShortestRun(model, clock, rows, kBatchRows));
  cost.batch_row = batch / static_cast<std::int64_t>(kBatchRows);
  return cost;
}

}  // namespace geoclimate::inference
