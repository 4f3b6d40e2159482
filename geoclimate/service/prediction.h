#pragma once

#include <cstddef>
#include <span>

#include "geoclimate/base/result.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

struct Interval {
  float p10 = 0;
  float p90 = 0;
};

// Whether the model's answers come with a distribution: forecasters' do.
bool HasIntervals(const ServedModel& served);

// Scores `count` rows of the model's features (row-major, NaN where missing) into count x outputs
// floats, and counts them. Does not allocate on success. kInvalidArgument, naming the row and what
// it lacks, when the model has no finite answer to one; `first_row` is the number of the first row
// in the caller's body.
base::Result<void> Score(const ServedModel& served, std::span<const float> rows, std::size_t count,
                         std::size_t first_row, std::span<float> out);

// The same with the interval of each row. Of a model that HasIntervals().
base::Result<void> ScoreWithIntervals(const ServedModel& served, std::span<const float> rows,
                                      std::size_t count, std::size_t first_row,
                                      std::span<float> out, std::span<Interval> intervals);

// The whole distribution of each row, of at most kMostDistributions. Of a model that
// HasIntervals().
inline constexpr std::size_t kMostDistributions = 64;
base::Result<void> ScoreDistributions(const ServedModel& served, std::span<const float> rows,
                                      std::size_t count, std::size_t first_row,
                                      std::span<model::Distribution> out);
// What both do with `result`, the outcome of scoring `rows` into `out` in another way: checks that
// the answers are finite, counts them, and shows them to the model's shadow.
base::Result<void> CheckScored(const ServedModel& served, std::span<const float> rows,
                               std::size_t count, std::size_t first_row, base::Result<void> result,
                               std::span<const float> out);

}  // namespace geoclimate::service
