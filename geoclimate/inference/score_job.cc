#include "geoclimate/inference/score_job.h"

#include <utility>

#include "geoclimate/inference/dynamic_batcher.h"

namespace geoclimate::inference {

ScoreJob::ScoreJob(ScoreRequest request, Answered answered)
    : request_(std::move(request)), answered_(std::move(answered)) {}

ScoreJob::~ScoreJob() {
  if (batcher_ != nullptr) batcher_->Withdraw(*this);
  if (limit_ != nullptr) limit_->Drop();
}

}  // namespace geoclimate::inference
