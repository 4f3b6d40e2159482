#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/service/prediction.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

// Rows of one request that the model's scheduler scores on other threads, for callers of a model
// that does not ScoresInline() them:
//
//   score.emplace(served, rows, count, options);
//   GC_RETURN_IF_ERROR(score->Submit([&] { Wake(); }));
//   ... once woken ...
//   GC_RETURN_IF_ERROR(score->Take(out, intervals));
//
// `served` with its scheduler and `rows` outlive it. Destroying it withdraws what is not scored.
class ScheduledScore {
 public:
  struct Options {
    std::size_t first_row = 0;  // its number in the caller's body, for messages
    base::Deadline deadline = base::Deadline::Never();
    inference::Priority priority = inference::Priority::kNormal;
  };

  ScheduledScore(const ServedModel& served, std::span<const float> rows, std::size_t count,
                 const Options& options);

  // `scored` is called once on another thread, unless an error is returned or this is destroyed
  // before. Errors: ModelScheduler::Submit's.
  base::Result<void> Submit(std::function<void()> scored);

  // After `scored`: the answers as Score() gives them (`intervals` empty) or ScoreWithIntervals().
  // Errors: theirs, and kDeadlineExceeded.
  base::Result<void> Take(std::span<float> out, std::span<Interval> intervals);

 private:
  const ServedModel& served_;
  const Options options_;
  std::vector<float> answers_;
  base::Result<void> result_;
  std::function<void()> scored_;
  inference::ScoreJob job_;  // first to go
};

}  // namespace geoclimate::service
