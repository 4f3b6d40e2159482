#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/single_flight.h"
#include "geoclimate/inference/compute_pool.h"
#include "geoclimate/inference/dynamic_batcher.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/inference/score_job.h"
#include "geoclimate/inference/scoring_cost.h"
#include "geoclimate/resilience/concurrency_limit.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::inference {

// Which of several instances gets a job.
enum class InstancePolicy : std::uint8_t {
  kRoundRobin,        // one after the other
  kLeastConnections,  // the one with the fewest rows waiting and computed
};

struct SchedulerOptions {
  // Rows whose expected time is below this are scored on the caller's thread: a hand-over to
  // another thread costs 2 to 10 µs and a place in a queue. Larger keeps more on the I/O thread,
  // whose other connections wait meanwhile.
  std::chrono::microseconds inline_below{100};
  BatcherOptions batcher = {};
  // Batches of one model that are computed at once, each with a queue of its own. More than the
  // compute threads have no effect; for cheap models one keeps batches large.
  std::size_t instances = 1;
  InstancePolicy policy = InstancePolicy::kLeastConnections;
  // Jobs of one model at once; how long they wait for their first batch decides.
  resilience::ConcurrencyLimitOptions concurrency = {};

  base::Result<void> Validate() const;
};

struct SchedulerMetrics {
  BatcherMetrics batcher;
  telemetry::Counter shed_wait;         // the queue would take longer than max_wait
  telemetry::Counter shed_deadline;     // the deadline would pass before the answer
  telemetry::Counter shed_concurrency;  // as many jobs as the limit are under way
};

// Where the work of one version of a model is done: says what is short enough for the caller's own
// thread, and takes the rest to batchers, one an instance, or alone to runs that cannot be joined.
//
//   if (scheduler.ScoresInline(rows)) return Score(...);
//   job.emplace(request, [&](base::Result<void> result) { ... });
//   GC_RETURN_IF_ERROR(scheduler.Submit(*job));
//
// Thread-safe. `pool` and `clock` outlive it, and it outlives its jobs.
class ModelScheduler {
 public:
  ModelScheduler(std::shared_ptr<const LoadedModel> model, const ScoringCost& cost,
                 ComputePool& pool, const base::Clock& clock, const SchedulerOptions& options,
                 const SchedulerMetrics& metrics);

  bool ScoresInline(std::size_t rows) const { return cost_.Of(rows) < options_.inline_below; }
  const ScoringCost& cost() const { return cost_; }
  // Rows of `slice` time, at least one: how a caller cuts a batch that it scores by itself.
  std::size_t RowsIn(std::chrono::nanoseconds slice) const;

  // Takes the job to an instance. Rows are answered as AnswerRows() does. kUnavailable and
  // kDeadlineExceeded: see DynamicBatcher; kUnavailable too while the adaptive limit is reached.
  base::Result<void> Submit(ScoreJob& job);

  // Single rows that are being scored, by their bytes, with all their columns.
  using Flights = cache::SingleFlight<std::vector<float>>;
  Flights& flights() { return flights_; }

 private:
  DynamicBatcher& Choose(const std::vector<std::unique_ptr<DynamicBatcher>>& instances);
  const telemetry::Counter& ShedCounter(const base::Error& error) const;

  const std::shared_ptr<const LoadedModel> model_;
  const ScoringCost cost_;
  const SchedulerOptions options_;
  const SchedulerMetrics metrics_;
  resilience::ConcurrencyLimit limit_;
  std::atomic<std::size_t> turn_{0};
  Flights flights_;
  // For rows and for what is done alone: their costs differ.
  std::vector<std::unique_ptr<DynamicBatcher>> batchers_;
  std::vector<std::unique_ptr<DynamicBatcher>> alone_;
};

}  // namespace geoclimate::inference
