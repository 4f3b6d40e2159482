#include "geoclimate/service/shadow_mirror.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "geoclimate/inference/row_answers.h"

namespace geoclimate::service {

ShadowMirror::ShadowMirror(std::shared_ptr<const inference::LoadedModel> shadow,
                           std::shared_ptr<inference::ModelScheduler> scheduler,
                           const ShadowMetrics& metrics)
    : shadow_(std::move(shadow)),
      scheduler_(std::move(scheduler)),
      metrics_(metrics),
      columns_(inference::AnswerColumns(*shadow_)) {}

void ShadowMirror::Mirror(std::span<const float> rows, std::size_t count,
                          std::span<const float> answers) {
  const std::size_t size = std::min(count, kMostRows);
  if (size < count) metrics_.dropped.Add(count - size);
  const auto free = std::ranges::find_if(
      slots_, [](Slot& slot) { return !slot.is_taken.exchange(true, std::memory_order_acquire); });
  if (free == slots_.end()) return metrics_.dropped.Add(size);
  Slot& slot = *free;
  slot.job.reset();  // the one before has been answered
  slot.rows.assign(rows.begin(),
                   rows.begin() + static_cast<std::ptrdiff_t>(size * shadow_->schema().size()));
  const std::size_t outputs = answers.size() / count;
  slot.expected.resize(size);
  for (std::size_t i = 0; i < size; ++i) slot.expected[i] = answers[i * outputs];
  slot.answers.resize(size * columns_);
  slot.job.emplace(inference::ScoreRequest{.rows = slot.rows,
                                           .count = size,
                                           .answers = slot.answers,
                                           .alone = {},
                                           .deadline = base::Deadline::Never(),
                                           .priority = inference::Priority::kLow},
                   [this, &slot](const base::Result<void>& result) {
                     Compare(slot, result.ok());
                     slot.is_taken.store(false, std::memory_order_release);
                   });
  if (scheduler_->Submit(*slot.job).ok()) return;
  metrics_.dropped.Add(size);
  slot.is_taken.store(false, std::memory_order_release);
}

void ShadowMirror::Compare(const Slot& slot, bool scored) {
  for (std::size_t i = 0; i < slot.expected.size(); ++i) {
    const float answer = slot.answers[i * columns_];
    if (!scored || !std::isfinite(answer)) {
      metrics_.failed.Add();
      continue;
    }
    (answer == slot.expected[i] ? metrics_.equal : metrics_.different).Add();
    metrics_.difference.Observe(std::abs(double{answer} - double{slot.expected[i]}));
  }
}

}  // namespace geoclimate::service
