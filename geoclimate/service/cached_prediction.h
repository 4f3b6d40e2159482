#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/service/prediction.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

using AnswerSource = inference::ModelCache::Source;

// Score() of one row, or ScoreWithIntervals() when there is space for an interval, through the
// model's cache if it has one: what was answered before is not computed again. `now` is the present
// of the monotonic clock. Does not allocate on success. Errors as these.
base::Result<AnswerSource> ScoreRow(const ServedModel& served, std::span<const float> row,
                                    base::Instant now, std::span<float> out,
                                    std::span<Interval> interval);

// The same for the rows of a batch, some at a time. Holds space that it needs; not thread-safe.
class CachedBatch {
 public:
  static constexpr std::size_t kMostRows = inference::ModelCache::kMostRows;

  // As Score(), or ScoreWithIntervals() when `intervals` has one a row, of at most kMostRows rows;
  // returns how many were not computed.
  base::Result<std::size_t> Score(const ServedModel& served, std::span<const float> rows,
                                  std::size_t count, std::size_t first_row, base::Instant now,
                                  std::span<float> out, std::span<Interval> intervals);

 private:
  base::Result<void> ScoreMissing(const ServedModel& served, std::span<const float> rows,
                                  std::size_t count, bool with_intervals);

  inference::ModelCache::Batch batch_;
  std::vector<float> values_;  // answers as the cache keeps them, a row after another
  std::vector<float> missing_;
  std::vector<float> computed_;
  std::vector<Interval> computed_intervals_;
};

// Answers the rows that other versions of the model were asked for most into the cache. Counts no
// predictions. Returns how many rows.
std::size_t WarmCache(inference::PredictionCache& cache, const ServedModel& served,
                      std::size_t most_rows, std::chrono::nanoseconds most_time);

}  // namespace geoclimate::service
