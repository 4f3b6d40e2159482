#include "geoclimate/inference/dynamic_batcher.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/check.h"

namespace geoclimate::inference {
namespace {

// Of the newest batch in the moving mean of a row's cost.
constexpr double kNewest = 0.2;

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

base::Result<void> BatcherOptions::Validate() const {
  GC_RETURN_IF_ERROR(batch.Validate());
  if (max_wait <= std::chrono::microseconds::zero()) {
    return base::InvalidArgument("the longest wait of a batcher must be above 0");
  }
  return {};
}

DynamicBatcher::DynamicBatcher(ComputePool& pool, const base::Clock& clock, std::size_t features,
                               std::size_t columns, ScoreRows score, BatcherOptions options,
                               BatcherMetrics metrics)
    : pool_(pool),
      clock_(clock),
      features_(features),
      columns_(columns),
      score_(std::move(score)),
      options_(std::move(options)),
      metrics_(metrics),
      row_cost_ns_(static_cast<double>(options_.first_row_cost.count())),
      queue_(options_.batch) {}

DynamicBatcher::~DynamicBatcher() {
  pool_.Withdraw(*this);
  GC_CHECK(load() == 0, "a batcher outlives its jobs");
}

std::chrono::nanoseconds DynamicBatcher::row_cost() const {
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(row_cost_ns_.load(std::memory_order_relaxed)));
}

base::Result<void> DynamicBatcher::Admit(const ScoreJob& job, base::Instant now) const {
  const double cost = row_cost_ns_.load(std::memory_order_relaxed);
  const auto time_of = [&](std::size_t rows) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(rows) * cost));
  };
  const auto wait = time_of(computing_ + queue_.RowsAhead(job.request_.priority));
  if (wait > options_.max_wait) {
    return base::Unavailable(
        fmt::format("the model is busy: the rows ahead take {:.0f} ms, more than the {:.0f} ms "
                    "that a request may wait",
                    Milliseconds(wait), Milliseconds(options_.max_wait)));
  }
  const base::Instant deadline = job.request_.deadline.at();
  if (deadline != base::Instant::max() && now + wait + time_of(job.count()) > deadline) {
    return base::Error(base::ErrorCode::kDeadlineExceeded,
                       "the deadline would pass before the rows are scored");
  }
  return {};
}

base::Result<void> DynamicBatcher::Submit(ScoreJob& job) {
  GC_CHECK(job.is_alone() || (job.request_.rows.size() == job.request_.count * features_ &&
                              job.request_.answers.size() == job.request_.count * columns_),
           "rows and answers are whole");
  GC_CHECK(job.count() > 0 && job.state_ == ScoreJob::State::kNew, "a job is submitted once");
  const base::Instant now = clock_.MonotonicNow();
  const base::MutexLock lock(mutex_);
  GC_RETURN_IF_ERROR(Admit(job, now));
  job.batcher_ = this;
  job.state_ = ScoreJob::State::kAccepted;
  job.submitted_ = now;
  queue_.Push(job);
  load_.fetch_add(job.count(), std::memory_order_relaxed);
  if (computing_ == 0) Schedule(now);
  return {};
}

void DynamicBatcher::Schedule(base::Instant now) {
  if (!queue_.empty()) pool_.Post(*this, std::max(queue_.ReadyAt(), now));
}

void DynamicBatcher::Withdraw(ScoreJob& job) {
  const base::MutexLock lock(mutex_);
  if (job.state_ == ScoreJob::State::kAccepted) {
    load_.fetch_sub(job.count() - job.taken_, std::memory_order_relaxed);
    queue_.Remove(job);
    job.withdrawn_ = true;
    if (!job.in_batch_) job.state_ = ScoreJob::State::kOver;
  }
  ++withdrawing_;
  while (job.state_ != ScoreJob::State::kOver) {
    job_changed_.WaitUntil(mutex_, base::Deadline::Never());
  }
  --withdrawing_;
}

void DynamicBatcher::Run() {
  batch_.clear();
  answered_.clear();
  const base::Instant start = clock_.MonotonicNow();
  std::size_t rows = 0;
  {
    const base::MutexLock lock(mutex_);
    queue_.Take(start, batch_, answered_);
    for (ScoreJob* const job : answered_) {
      job->result_ = base::Error(base::ErrorCode::kDeadlineExceeded,
                                 "the deadline passed before the rows were scored");
      load_.fetch_sub(job->count() - job->scored_, std::memory_order_relaxed);
      if (job->scored_ == 0) job->waited_ = start - job->submitted_;
      job->state_ = ScoreJob::State::kAnswering;
    }
    for (const BatchSlice& slice : batch_) {
      slice.job->in_batch_ = true;
      rows += slice.count;
      if (slice.first == 0) {
        slice.job->waited_ = start - slice.job->submitted_;
        metrics_.queue_seconds.Observe(std::chrono::duration<double>(slice.job->waited_).count());
      }
    }
    computing_ = rows;
  }
  Answer(answered_);
  results_.assign(batch_.size(), base::Result<void>());
  if (!batch_.empty() && !ScoreBatch().ok()) {
    for (std::size_t i = 0; i < batch_.size(); ++i) results_[i] = ScoreSlice(batch_[i]);
  }
  if (rows > 0) Measure(start, clock_.MonotonicNow(), rows);
  Finish(results_);
}

base::Result<void> DynamicBatcher::ScoreBatch() {
  if (batch_.size() > 1) return ScoreJoined();
  results_[0] = ScoreSlice(batch_[0]);
  return {};
}

base::Result<void> DynamicBatcher::ScoreSlice(const BatchSlice& slice) {
  const ScoreRequest& request = slice.job->request_;
  if (request.alone != nullptr) return request.alone();
  return score_(request.rows.subspan(slice.first * features_, slice.count * features_), slice.count,
                request.answers.subspan(slice.first * columns_, slice.count * columns_));
}

base::Result<void> DynamicBatcher::ScoreJoined() {
  rows_.clear();
  std::size_t count = 0;
  for (const BatchSlice& slice : batch_) {
    const auto rows =
        slice.job->request_.rows.subspan(slice.first * features_, slice.count * features_);
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    count += slice.count;
  }
  answers_.resize(count * columns_);
  GC_RETURN_IF_ERROR(score_(rows_, count, answers_));
  auto from = answers_.cbegin();
  for (const BatchSlice& slice : batch_) {
    const auto to =
        slice.job->request_.answers.subspan(slice.first * columns_, slice.count * columns_);
    std::copy_n(from, to.size(), to.begin());
    from += static_cast<std::ptrdiff_t>(to.size());
  }
  return {};
}

void DynamicBatcher::Measure(base::Instant from, base::Instant to, std::size_t rows) {
  metrics_.batch_rows.Observe(static_cast<double>(rows));
  const double newest =
      std::chrono::duration<double, std::nano>(to - from).count() / static_cast<double>(rows);
  const double mean = row_cost_ns_.load(std::memory_order_relaxed);
  row_cost_ns_.store(mean + kNewest * (newest - mean), std::memory_order_relaxed);
}

void DynamicBatcher::Finish(const std::vector<base::Result<void>>& results) {
  answered_.clear();
  {
    const base::MutexLock lock(mutex_);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      ScoreJob& job = *batch_[i].job;
      job.in_batch_ = false;
      job.scored_ += batch_[i].count;
      load_.fetch_sub(batch_[i].count, std::memory_order_relaxed);
      if (job.withdrawn_) {
        job.state_ = ScoreJob::State::kOver;
        continue;
      }
      if (!results[i].ok()) {
        job.result_ = results[i];
        load_.fetch_sub(job.count() - job.taken_, std::memory_order_relaxed);
        queue_.Remove(job);
      } else if (job.scored_ < job.count()) {
        continue;
      }
      job.state_ = ScoreJob::State::kAnswering;
      answered_.push_back(&job);
    }
    computing_ = 0;
    Schedule(clock_.MonotonicNow());
    if (withdrawing_ > 0) job_changed_.NotifyAll();
  }
  Answer(answered_);
}

void DynamicBatcher::Answer(std::vector<ScoreJob*>& jobs) {
  if (jobs.empty()) return;
  for (ScoreJob* const job : jobs) {
    if (auto* const limit = std::exchange(job->limit_, nullptr)) limit->End(job->waited_);
    job->answered_(std::move(job->result_));
  }
  const base::MutexLock lock(mutex_);
  // From here on an owner may destroy its job.
  for (ScoreJob* const job : jobs) job->state_ = ScoreJob::State::kOver;
  if (withdrawing_ > 0) job_changed_.NotifyAll();
}

}  // namespace geoclimate::inference
