#include "geoclimate/service/scheduled_explanation.h"

#include <utility>

#include "geoclimate/service/prediction.h"

namespace geoclimate::service {

ScheduledExplanation::ScheduledExplanation(const ServedModel& served, std::span<const float> row,
                                           std::size_t output, base::Deadline deadline)
    : served_(served),
      row_(row),
      output_(output),
      job_({.alone = [this] { return Explain(); }, .deadline = deadline},
           [this](base::Result<void> result) {
             result_ = std::move(result);
             done_();
           }) {}

base::Result<void> ScheduledExplanation::Submit(std::function<void()> explained) {
  done_ = std::move(explained);
  if (served_.scheduler != nullptr) return served_.scheduler->Submit(job_);
  result_ = Explain();
  done_();
  return {};
}

base::Result<void> ScheduledExplanation::Explain() {
  std::vector<float> predictions(served_.model->outputs());
  GC_RETURN_IF_ERROR(Score(served_, row_, 1, 0, predictions));
  explained_.prediction = predictions[output_ < predictions.size() ? output_ : 0];
  GC_ASSIGN_OR_RETURN(explained_.explanation, served_.model->Explain(row_, output_));
  return {};
}

base::Result<ExplainedPrediction> ScheduledExplanation::Take() {
  if (!result_.ok()) return result_.error();
  return std::move(explained_);
}

}  // namespace geoclimate::service
