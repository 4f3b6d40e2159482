#include "geoclimate/inference/model_scheduler.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::inference {

base::Result<void> SchedulerOptions::Validate() const {
  GC_RETURN_IF_ERROR(batcher.Validate());
  GC_RETURN_IF_ERROR(concurrency.Validate());
  if (instances == 0) return base::InvalidArgument("a model needs at least one instance");
  if (inline_below < std::chrono::microseconds::zero()) {
    return base::InvalidArgument("inline_below must not be negative");
  }
  return {};
}

ModelScheduler::ModelScheduler(std::shared_ptr<const LoadedModel> model, const ScoringCost& cost,
                               ComputePool& pool, const base::Clock& clock,
                               const SchedulerOptions& options, const SchedulerMetrics& metrics)
    : model_(std::move(model)),
      cost_(cost),
      options_(options),
      metrics_(metrics),
      limit_(options.concurrency) {
  BatcherOptions of_rows = options_.batcher;
  of_rows.first_row_cost = std::max(cost_.batch_row, std::chrono::nanoseconds(1));
  const auto score = [model = model_.get()](std::span<const float> rows, std::size_t count,
                                            std::span<float> answers) {
    return AnswerRows(*model, rows, count, answers);
  };
  for (std::size_t i = 0; i < options_.instances; ++i) {
    batchers_.push_back(std::make_unique<DynamicBatcher>(pool, clock, model_->schema().size(),
                                                         AnswerColumns(*model_), score, of_rows,
                                                         metrics_.batcher));
    alone_.push_back(std::make_unique<DynamicBatcher>(
        pool, clock, model_->schema().size(), AnswerColumns(*model_), score, options_.batcher,
        BatcherMetrics{.queue_seconds = metrics_.batcher.queue_seconds, .batch_rows = {}}));
  }
}

std::size_t ModelScheduler::RowsIn(std::chrono::nanoseconds slice) const {
  const auto row = std::max(cost_.batch_row, std::chrono::nanoseconds(1));
  return static_cast<std::size_t>(std::max(slice / row, std::int64_t{1}));
}

DynamicBatcher& ModelScheduler::Choose(
    const std::vector<std::unique_ptr<DynamicBatcher>>& instances) {
  if (instances.size() == 1) return *instances.front();
  const std::size_t turn = turn_.fetch_add(1, std::memory_order_relaxed) % instances.size();
  if (options_.policy == InstancePolicy::kRoundRobin) return *instances[turn];
  // Among equals the turn decides, or the first would get all that comes one by one.
  std::size_t least = turn;
  for (std::size_t i = 1; i < instances.size(); ++i) {
    const std::size_t at = (turn + i) % instances.size();
    if (instances[at]->load() < instances[least]->load()) least = at;
  }
  return *instances[least];
}

const telemetry::Counter& ModelScheduler::ShedCounter(const base::Error& error) const {
  return error.code() == base::ErrorCode::kUnavailable ? metrics_.shed_wait
                                                       : metrics_.shed_deadline;
}

base::Result<void> ModelScheduler::Submit(ScoreJob& job) {
  if (!limit_.TryBegin()) {
    metrics_.shed_concurrency.Add();
    return base::Unavailable(
        fmt::format("the model is busy: {} requests are under way already", limit_.under_way()));
  }
  job.limit_ = &limit_;
  auto submitted = Choose(job.is_alone() ? alone_ : batchers_).Submit(job);
  if (!submitted.ok()) ShedCounter(submitted.error()).Add();
  return submitted;
}

}  // namespace geoclimate::inference
