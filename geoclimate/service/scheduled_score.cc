#include "geoclimate/service/scheduled_score.h"

#include <algorithm>
#include <utility>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::service {

ScheduledScore::ScheduledScore(const ServedModel& served, std::span<const float> rows,
                               std::size_t count, const Options& options)
    : served_(served),
      options_(options),
      answers_(count * inference::AnswerColumns(*served.model)),
      job_({.rows = rows,
            .count = count,
            .answers = answers_,
            .deadline = options.deadline,
            .priority = options.priority},
           [this](base::Result<void> result) {
             result_ = std::move(result);
             scored_();
           }) {}

base::Result<void> ScheduledScore::Submit(std::function<void()> scored) {
  scored_ = std::move(scored);
  return served_.scheduler->Submit(job_);
}

base::Result<void> ScheduledScore::Take(std::span<float> out, std::span<Interval> intervals) {
  if (result_.ok() && !HasIntervals(served_)) {
    std::ranges::copy(answers_, out.begin());
  } else if (result_.ok()) {
    constexpr std::size_t kColumns = inference::kP90Column + 1;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::span<const float> row = std::span(answers_).subspan(i * kColumns, kColumns);
      out[i] = row[inference::kMeanColumn];
      if (intervals.empty()) continue;
      intervals[i] = {.p10 = row[inference::kP10Column], .p90 = row[inference::kP90Column]};
    }
  }
  return CheckScored(served_, job_.request().rows, job_.count(), options_.first_row,
                     std::move(result_), out);
}

}  // namespace geoclimate::service
