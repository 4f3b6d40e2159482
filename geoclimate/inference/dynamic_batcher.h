#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/inference/batch_queue.h"
#include "geoclimate/inference/compute_pool.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::inference {

// Scores `count` rows into `answers`. Called on one thread at a time for each batcher.
using ScoreRows = std::function<base::Result<void>(std::span<const float> rows, std::size_t count,
                                                   std::span<float> answers)>;

struct BatcherMetrics {
  telemetry::Histogram queue_seconds;  // from Submit() to the first batch
  telemetry::Histogram batch_rows;     // of what was computed at once
};

struct BatcherOptions {
  BatchOptions batch = {};
  // The longest that the rows ahead of a job may take, as far as is known when it is submitted.
  // Bounded in time and not in rows: what a row costs differs by a thousand between models. Larger
  // rides out longer bursts, smaller refuses sooner.
  std::chrono::microseconds max_wait{100'000};
  // What a row is expected to take until batches have been measured.
  std::chrono::nanoseconds first_row_cost{10'000};

  base::Result<void> Validate() const;
};

// Gathers the rows of many callers into batches for one model, and runs them on a ComputePool: what
// has come while one batch was computed is the next one.
//
// Submit() never waits. It refuses at once, kUnavailable, when the rows ahead would take longer
// than max_wait, and kDeadlineExceeded when they and the job's own would outlast its deadline:
// refusing early is cheaper than computing what nobody waits for any more. A job that was accepted
// is answered exactly once with its own rows' answers, kDeadlineExceeded when its deadline passes
// before all of it was taken; or it is withdrawn by its owner. When the scoring function fails,
// each job is scored alone, so that one caller's row costs no other an answer.
//
// Thread-safe. `pool`, `clock` outlive it, and it outlives its jobs.
class DynamicBatcher final : private ComputePool::Work {
 public:
  // Rows have `features` floats and answers `columns`; `score` is not called for jobs to be done
  // alone.
  DynamicBatcher(ComputePool& pool, const base::Clock& clock, std::size_t features,
                 std::size_t columns, ScoreRows score, BatcherOptions options,
                 BatcherMetrics metrics = {});
  ~DynamicBatcher() override;

  base::Result<void> Submit(ScoreJob& job) EXCLUDES(mutex_);
  // What destroying the job does.
  void Withdraw(ScoreJob& job) EXCLUDES(mutex_);

  // Rows that wait or are computed; for choosing between batchers.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }
  // Measured over the batches so far, recent ones counting most.
  std::chrono::nanoseconds row_cost() const;

 private:
  void Run() override EXCLUDES(mutex_);
  base::Result<void> Admit(const ScoreJob& job, base::Instant now) const REQUIRES(mutex_);
  void Schedule(base::Instant now) REQUIRES(mutex_);
  base::Result<void> ScoreBatch();
  base::Result<void> ScoreJoined();
  base::Result<void> ScoreSlice(const BatchSlice& slice);
  void Finish(const std::vector<base::Result<void>>& results) EXCLUDES(mutex_);
  void Measure(base::Instant from, base::Instant to, std::size_t rows);
  void Answer(std::vector<ScoreJob*>& jobs) EXCLUDES(mutex_);

  ComputePool& pool_;
  const base::Clock& clock_;
  const std::size_t features_;
  const std::size_t columns_;
  const ScoreRows score_;
  const BatcherOptions options_;
  const BatcherMetrics metrics_;
  std::atomic<std::size_t> load_{0};
  std::atomic<double> row_cost_ns_;

  base::Mutex mutex_;
  base::CondVar job_changed_;
  BatchQueue queue_ GUARDED_BY(mutex_);
  std::size_t computing_ GUARDED_BY(mutex_) = 0;    // rows
  std::size_t withdrawing_ GUARDED_BY(mutex_) = 0;  // owners that wait for their job

  // Of the run in progress.
  std::vector<BatchSlice> batch_;
  std::vector<ScoreJob*> answered_;
  std::vector<base::Result<void>> results_;
  std::vector<float> rows_;
  std::vector<float> answers_;
};

}  // namespace geoclimate::inference
