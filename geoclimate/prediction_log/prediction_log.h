#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/prediction_log/batch_writer.h"
#include "geoclimate/prediction_log/entry_ring.h"
#include "geoclimate/prediction_log/log_metrics.h"
#include "geoclimate/prediction_log/row_sampler.h"
#include "geoclimate/prediction_log/spill_folder.h"
#include "geoclimate/store/prediction_log_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::prediction_log {

using store::LoggedArm;
using store::LoggedRoute;

struct PredictionLogOptions {
  // The share of rows that is logged. Larger shows drift sooner and costs the store more: a row of
  // forty features takes some 300 bytes.
  double sample = 0.01;
  // Days of UTC beside today that the store keeps, and how large it may be before the oldest go.
  store::PredictionLogBounds bounds = {};
  // What may wait on disk while the store is away; beyond it the newest are dropped. 0: nothing.
  std::uint64_t spill_bytes = std::uint64_t{256} << 20;
  // A batch is written when its oldest row has waited so long, or at batch_rows. Longer makes fewer
  // transactions, and loses more when the process is killed.
  std::chrono::milliseconds max_delay{1'000};
  std::size_t batch_rows = 2'000;
  // How often what was noted is gathered, and of how many bytes each ring is, of which there are
  // kRings: at 25,000 sampled rows of forty features a second one is full after 200 ms.
  std::chrono::milliseconds gather_every{100};
  std::size_t ring_bytes = std::size_t{1} << 20;
  // Random, of this process alone: batches are named by it.
  std::uint64_t process_id = 0;
  // Decides which rows are sampled.
  std::uint64_t seed = 1;

  base::Result<void> Validate() const;
};

// The ends of the intervals of rows, `stride` floats apart; null: there are none.
struct IntervalEnds {
  const float* p10 = nullptr;
  const float* p90 = nullptr;
  std::size_t stride = 1;
};

// Rows of one request that a model has answered. Views, for the call alone.
struct AnsweredRows {
  base::Timestamp at;
  std::string_view request_id = {};
  std::string_view caller = {};
  LoggedArm arm = LoggedArm::kProduction;
  LoggedRoute route = LoggedRoute::kPredict;
  std::chrono::nanoseconds duration{};  // to score all of them
  std::size_t count = 1;
  std::span<const float> rows;     // count x features
  std::span<const float> outputs;  // count x outputs
  IntervalEnds intervals = {};
};

class PredictionLog;

// Through which one version of a model is logged. Two words; a default-made one logs nothing.
// Thread-safe.
class ModelLog {
 public:
  ModelLog() = default;
  // Samples the rows. Never waits, and allocates nothing: what finds no room is counted and gone.
  void Note(const AnsweredRows& answered) const;

 private:
  friend class PredictionLog;
  ModelLog(PredictionLog* log, std::uint32_t model) : log_(log), model_(model) {}

  PredictionLog* log_ = nullptr;
  std::uint32_t model_ = 0;
};

// A sample of what is asked and answered, on its way to the store:
//
//   rings (one a thread, as a rule) -> batches -> store, or the spill while that is away
//
// One thread gathers, another writes, both at the lowest priority; a store that hangs holds up
// neither the callers nor the gathering. What is sampled is stored once, with the id of its batch,
// or dropped and counted (LogMetrics). Killed, the process loses what it has not yet written to
// the store or to the spill's disk: max_delay, as a rule.
//
// Thread-safe. What it is given must outlive it, and it must outlive its ModelLogs' use. The
// destructor writes what was noted before: to the store if that answers, else to the spill.
class PredictionLog {
 public:
  // More threads than this share rings.
  static constexpr std::size_t kRings = 16;

  // `spill` may be null.
  static base::Result<std::unique_ptr<PredictionLog>> Start(store::PredictionLogStore& store,
                                                            std::unique_ptr<SpillFolder> spill,
                                                            const PredictionLogOptions& options,
                                                            const base::Clock& clock,
                                                            telemetry::MetricRegistry& metrics);
  ~PredictionLog();
  PredictionLog(const PredictionLog&) = delete;
  PredictionLog& operator=(const PredictionLog&) = delete;

  // The same again for a version that it knows.
  ModelLog Attach(const std::string& model_id) EXCLUDES(models_mutex_);

  // Returns when what was noted before is in the store or the spill, or is dropped. For tests and
  // the end.
  void Flush() EXCLUDES(gather_mutex_, mutex_);

 private:
  friend class ModelLog;
  struct alignas(64) Shard {
    Shard(const PredictionLogOptions& options, std::uint64_t seed)
        : sampler(options.sample, seed), ring(options.ring_bytes) {}
    RowSampler sampler;
    EntryRing ring;
  };
  static constexpr std::size_t kMostQueued = 8;

  PredictionLog(store::PredictionLogStore& store, std::unique_ptr<SpillFolder> spill,
                const PredictionLogOptions& options, const base::Clock& clock,
                telemetry::MetricRegistry& metrics);

  void Note(std::uint32_t model, const AnsweredRows& answered);
  void Put(std::size_t shard, std::uint32_t model, const AnsweredRows& answered, std::size_t row);

  // Takes what the rings have; batches that are due go on, all of them when `all`.
  enum class Due { kAsUsual, kAll };
  void Gather(Due due) EXCLUDES(gather_mutex_, mutex_);
  void TakeEntry(std::span<const std::byte> entry) REQUIRES(gather_mutex_);
  void Enqueue(store::PredictionBatch batch) EXCLUDES(mutex_);
  void RunGatherer() EXCLUDES(mutex_);
  void RunWriter() EXCLUDES(mutex_);
  // What the writing thread does next, when there is something.
  bool WriteNext() EXCLUDES(mutex_);

  const PredictionLogOptions options_;
  const base::Clock& clock_;
  const LogMetrics metrics_;
  const std::unique_ptr<SpillFolder> spill_;
  BatchWriter writer_;
  std::vector<std::unique_ptr<Shard>> shards_;

  base::Mutex models_mutex_;
  std::unordered_map<std::string, std::uint32_t> model_numbers_ GUARDED_BY(models_mutex_);
  std::vector<std::string> models_ GUARDED_BY(models_mutex_);

  base::Mutex gather_mutex_;  // before mutex_
  store::PredictionBatch batch_ GUARDED_BY(gather_mutex_);
  base::Instant batch_since_ GUARDED_BY(gather_mutex_);
  std::uint64_t batches_ GUARDED_BY(gather_mutex_) = 0;

  base::Mutex mutex_;
  base::CondVar changed_;
  std::deque<store::PredictionBatch> queue_ GUARDED_BY(mutex_);
  bool is_writing_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread gatherer_;
  std::thread writing_thread_;
};

inline void ModelLog::Note(const AnsweredRows& answered) const {
  if (log_ != nullptr) log_->Note(model_, answered);
}

}  // namespace geoclimate::prediction_log
