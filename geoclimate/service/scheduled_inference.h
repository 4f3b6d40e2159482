#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/service/tensor_inference.h"

namespace geoclimate::service {

// A TensorInference that does not ScoreInline(): its model's scheduler does it on other threads,
// rows together with those of others, tensors of a graph alone. Use as of ScheduledScore; `run`,
// which is not touched by anybody else from Submit() to the end of the wait, outlives it.
class ScheduledInference {
 public:
  struct Options {
    base::Deadline deadline = base::Deadline::Never();
    inference::Priority priority = inference::Priority::kNormal;
  };

  ScheduledInference(TensorInference& run, const Options& options);

  // `scored` is called once on another thread, unless an error is returned or this is destroyed
  // before. Errors: ModelScheduler::Submit's.
  base::Result<void> Submit(std::function<void()> scored);

  // After `scored`: `run` is then done(). Errors: TensorInference::Score's, kDeadlineExceeded.
  base::Result<void> Take();

  // After `scored`: how long it waited for its first batch.
  std::chrono::nanoseconds waited() const { return job_.waited(); }

 private:
  inference::ScoreRequest RequestOf(const Options& options);

  TensorInference& run_;
  std::vector<float> answers_;
  base::Result<void> result_;
  std::function<void()> scored_;
  inference::ScoreJob job_;  // first to go
};

// The protocol's priorities: 1 is the highest, 0 the default, which is 2.
inference::Priority PriorityOf(std::uint64_t level);

}  // namespace geoclimate::service
