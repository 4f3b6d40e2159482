#include "geoclimate/service/scheduled_inference.h"

#include <utility>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::service {

ScheduledInference::ScheduledInference(TensorInference& run, const Options& options)
    : run_(run),
      answers_(run.by_rows() ? run.rows() * inference::AnswerColumns(*run.model().model) : 0),
      job_(RequestOf(options), [this](base::Result<void> result) {
        result_ = std::move(result);
        scored_();
      }) {}

inference::ScoreRequest ScheduledInference::RequestOf(const Options& options) {
  inference::ScoreRequest request{.deadline = options.deadline, .priority = options.priority};
  if (run_.by_rows()) {
    request.rows = run_.values();
    request.count = run_.rows();
    request.answers = answers_;
  } else {
    request.alone = [this] { return run_.Score(run_.rows()); };
  }
  return request;
}

base::Result<void> ScheduledInference::Submit(std::function<void()> scored) {
  scored_ = std::move(scored);
  return run_.model().scheduler->Submit(job_);
}

base::Result<void> ScheduledInference::Take() {
  if (!run_.by_rows()) return std::move(result_);
  return run_.Take(std::move(result_), answers_);
}

inference::Priority PriorityOf(std::uint64_t level) {
  if (level == 1) return inference::Priority::kHigh;
  return level > 2 ? inference::Priority::kLow : inference::Priority::kNormal;
}

}  // namespace geoclimate::service
