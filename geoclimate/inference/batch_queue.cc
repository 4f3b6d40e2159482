#include "geoclimate/inference/batch_queue.h"

#include <algorithm>

namespace geoclimate::inference {

base::Result<void> BatchOptions::Validate() const {
  if (max_rows == 0) return base::InvalidArgument("a batch needs at least one row");
  if (!std::ranges::is_sorted(preferred_rows) ||
      (!preferred_rows.empty() &&
       (preferred_rows.front() == 0 || preferred_rows.back() > max_rows))) {
    return base::InvalidArgument(
        "preferred sizes of batches rise, from 1 to the largest size of a batch");
  }
  if (max_delay < std::chrono::microseconds::zero()) {
    return base::InvalidArgument("the delay of a batch must not be negative");
  }
  return {};
}

std::size_t BatchQueue::FirstTurnRows(const ScoreJob& job) const {
  return std::min(job.count() - job.taken_, options_.max_rows);
}

BatchQueue::Level& BatchQueue::LevelOf(const ScoreJob& job) {
  return levels_.at(static_cast<std::size_t>(job.request_.priority));
}

std::size_t BatchQueue::RowsAhead(Priority priority) const {
  std::size_t rows = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(priority); ++i) {
    rows += levels_.at(i).first_turn_rows;
  }
  return rows;
}

void BatchQueue::Append(ScoreJob& job) {
  Level& level = LevelOf(job);
  job.next_ = nullptr;
  job.previous_ = level.last;
  (level.last == nullptr ? level.first : level.last->next_) = &job;
  level.last = &job;
  level.first_turn_rows += FirstTurnRows(job);
}

// Before job.taken_ changes.
void BatchQueue::Unlink(ScoreJob& job) {
  Level& level = LevelOf(job);
  level.first_turn_rows -= FirstTurnRows(job);
  (job.previous_ == nullptr ? level.first : job.previous_->next_) = job.next_;
  (job.next_ == nullptr ? level.last : job.next_->previous_) = job.previous_;
  job.next_ = job.previous_ = nullptr;
}

void BatchQueue::Push(ScoreJob& job) {
  Append(job);
  rows_ += job.count();
}

void BatchQueue::Remove(ScoreJob& job) {
  const std::size_t waiting = job.count() - job.taken_;
  if (waiting == 0) return;
  Unlink(job);
  rows_ -= waiting;
  job.taken_ = job.count();
}

base::Instant BatchQueue::ReadyAt() const {
  base::Instant oldest = base::Instant::max();
  for (const Level& level : levels_) {
    if (level.first != nullptr) oldest = std::min(oldest, level.first->submitted_);
  }
  if (oldest == base::Instant::max()) return oldest;
  const bool full = rows_ >= options_.max_rows ||
                    (!options_.preferred_rows.empty() && rows_ >= options_.preferred_rows.front());
  return full ? oldest : oldest + options_.max_delay;
}

std::size_t BatchQueue::BatchRows() const {
  if (rows_ >= options_.max_rows) return options_.max_rows;
  const auto above = std::ranges::upper_bound(options_.preferred_rows, rows_);
  return above == options_.preferred_rows.begin() ? rows_ : *(above - 1);
}

void BatchQueue::Take(base::Instant now, std::vector<BatchSlice>& batch,
                      std::vector<ScoreJob*>& expired) {
  std::size_t room = BatchRows();
  for (Level& level : levels_) {
    // A long job that went behind the others is not taken twice.
    const ScoreJob* const last = level.last;
    while (room > 0 && level.first != nullptr) {
      ScoreJob& job = *level.first;
      const bool is_last = &job == last;
      if (now >= job.request_.deadline.at()) {
        Remove(job);
        expired.push_back(&job);
        if (is_last) break;
        continue;
      }
      if (job.is_alone() && !batch.empty()) return;
      const std::size_t count = std::min(room, job.count() - job.taken_);
      batch.push_back({.job = &job, .first = job.taken_, .count = count});
      Unlink(job);
      job.taken_ += count;
      rows_ -= count;
      room -= count;
      if (job.taken_ < job.count()) Append(job);
      if (job.is_alone()) return;
      if (is_last) break;
    }
  }
}

}  // namespace geoclimate::inference
