#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/explanation.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/service/served_models.h"

namespace geoclimate::service {

// A prediction and what moved it.
struct ExplainedPrediction {
  float prediction = 0;  // the output that is explained; of an argmax over margins its one answer
  inference::Explanation explanation;
};

// The explanation of one row, which takes hundreds of times as long as its prediction: the model's
// scheduler does it on another thread, alone. Use and lifetimes as of ScheduledScore.
class ScheduledExplanation {
 public:
  // `output` is below the model's explained_outputs().
  ScheduledExplanation(const ServedModel& served, std::span<const float> row, std::size_t output,
                       base::Deadline deadline);

  // `explained` is called once: on another thread, or before this returns for a model without a
  // scheduler. Errors: ModelScheduler::Submit's.
  base::Result<void> Submit(std::function<void()> explained);

  // After `explained`. Errors: Score()'s and LoadedModel::Explain's, and kDeadlineExceeded.
  base::Result<ExplainedPrediction> Take();

 private:
  base::Result<void> Explain();

  const ServedModel& served_;
  const std::span<const float> row_;
  const std::size_t output_;
  ExplainedPrediction explained_;
  base::Result<void> result_;
  std::function<void()> done_;
  inference::ScoreJob job_;  // first to go
};

}  // namespace geoclimate::service
