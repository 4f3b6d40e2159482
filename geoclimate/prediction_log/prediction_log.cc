#include "geoclimate/prediction_log/prediction_log.h"

#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/prediction_log/entry.h"

namespace geoclimate::prediction_log {
namespace {

using store::PredictionBatch;

// A store's bounds are looked at so often; partitions are made two days ahead.
constexpr std::chrono::minutes kMaintainEvery{5};
constexpr std::size_t kLeastRing = std::size_t{1} << 12;
constexpr std::size_t kMostRing = std::size_t{1} << 30;

// A number of the calling thread, counted up from 0.
std::size_t ThreadOrdinal() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t ordinal = threads.fetch_add(1, std::memory_order_relaxed);
  return ordinal;
}

void TakeLowestPriority() {
  constexpr int kLowestPriority = 19;
  // Of the calling thread alone, on Linux. Where it is refused the work is merely less polite.
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kLowestPriority));
}

base::Deadline In(std::chrono::nanoseconds time) {
  return base::Deadline::At(std::chrono::steady_clock::now() + time);
}

}  // namespace

base::Result<void> PredictionLogOptions::Validate() const {
  if (!(sample >= 0 && sample <= 1)) {
    return base::InvalidArgument(fmt::format("sample is 0 to 1, not {}", sample));
  }
  if (bounds.retention_days < 0) return base::InvalidArgument("retention_days is at least 0");
  if (!std::has_single_bit(ring_bytes) || ring_bytes < kLeastRing || ring_bytes > kMostRing) {
    return base::InvalidArgument("ring_bytes is a power of two from 4 KiB to 1 GiB");
  }
  if (batch_rows == 0) return base::InvalidArgument("batch_rows is at least 1");
  if (gather_every < std::chrono::milliseconds(1)) {
    return base::InvalidArgument("gather_every is at least 1 ms");
  }
  return {};
}

PredictionLog::PredictionLog(store::PredictionLogStore& store, std::unique_ptr<SpillFolder> spill,
                             const PredictionLogOptions& options, const base::Clock& clock,
                             telemetry::MetricRegistry& metrics)
    : options_(options),
      clock_(clock),
      metrics_(LogMetrics::Of(metrics)),
      spill_(std::move(spill)),
      writer_(store, spill_.get(), options.bounds, clock, metrics_) {
  shards_.reserve(kRings);
  for (std::size_t i = 0; i < kRings; ++i) {
    shards_.push_back(std::make_unique<Shard>(options, options.seed + i));
  }
}

base::Result<std::unique_ptr<PredictionLog>> PredictionLog::Start(
    store::PredictionLogStore& store, std::unique_ptr<SpillFolder> spill,
    const PredictionLogOptions& options, const base::Clock& clock,
    telemetry::MetricRegistry& metrics) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<PredictionLog> log(
      new PredictionLog(store, std::move(spill), options, clock, metrics));
  PredictionLog* const raw = log.get();
  log->gatherer_ = std::thread([raw] { raw->RunGatherer(); });
  log->writing_thread_ = std::thread([raw] { raw->RunWriter(); });
  return log;
}

PredictionLog::~PredictionLog() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  gatherer_.join();
  Gather(Due::kAll);
  writing_thread_.join();
  // What came after the writer's last look.
  while (WriteNext()) {
  }
}

ModelLog PredictionLog::Attach(const std::string& model_id) {
  const base::MutexLock lock(models_mutex_);
  const auto [known, is_new] =
      model_numbers_.try_emplace(model_id, static_cast<std::uint32_t>(models_.size()));
  if (is_new) models_.push_back(model_id);
  return {this, known->second};
}

void PredictionLog::Note(std::uint32_t model, const AnsweredRows& answered) {
  const std::size_t ordinal = ThreadOrdinal() % kRings;
  Shard& shard = *shards_[ordinal];
  const std::uint64_t first = shard.sampler.Next(answered.count);
  if (first >= answered.count) return;
  std::uint64_t row = first;
  for (; row < answered.count; row += shard.sampler.Gap()) {
    Put(ordinal, model, answered, static_cast<std::size_t>(row));
  }
  shard.sampler.Skip(row - answered.count);
}

void PredictionLog::Put(std::size_t shard, std::uint32_t model, const AnsweredRows& answered,
                        std::size_t row) {
  const std::size_t bytes = EntryBytes(answered);
  for (std::size_t probe = 0; probe < kRings; ++probe) {
    EntryRing& ring = shards_[(shard + probe) % kRings]->ring;
    if (bytes > ring.most_bytes()) return metrics_.Drop(DropReason::kTooWide, 1);
    // Another thread that writes to this ring: there are more threads than rings.
    if (!ring.TryEnter()) continue;
    const std::span<std::byte> space = ring.Reserve(bytes);
    if (!space.empty()) {
      WriteEntry(model, answered, row, space);
      ring.Publish();
    }
    ring.Leave();
    if (space.empty()) break;
    return;
  }
  metrics_.Drop(DropReason::kRingFull, 1);
}

void PredictionLog::TakeEntry(std::span<const std::byte> entry) {
  ReadEntry read = DecodeEntry(entry);
  {
    const base::MutexLock lock(models_mutex_);
    read.prediction.model_id = models_[read.model];
  }
  if (batch_.predictions.empty()) {
    batch_.id = fmt::format("{:016x}{:016x}", options_.process_id, batches_++);
    batch_since_ = clock_.MonotonicNow();
  }
  batch_.predictions.push_back(std::move(read.prediction));
  if (batch_.predictions.size() >= options_.batch_rows) Enqueue(std::exchange(batch_, {}));
}

void PredictionLog::Gather(Due due) {
  const base::MutexLock lock(gather_mutex_);
  for (const std::unique_ptr<Shard>& shard : shards_) {
    // The analysis does not see into a lambda: the lock is held while it runs.
    shard->ring.Drain([this](std::span<const std::byte> entry)
                          GC_THREAD_ATTRIBUTE(no_thread_safety_analysis) { TakeEntry(entry); });
  }
  if (batch_.predictions.empty()) return;
  if (due == Due::kAll || clock_.MonotonicNow() - batch_since_ >= options_.max_delay) {
    Enqueue(std::exchange(batch_, {}));
  }
}

void PredictionLog::Enqueue(PredictionBatch batch) {
  {
    const base::MutexLock lock(mutex_);
    if (queue_.size() < kMostQueued && !writer_.away()) {
      queue_.push_back(std::move(batch));
      changed_.NotifyAll();
      return;
    }
  }
  // The store hangs, or is away: what waits is safe on disk, and does not fill the memory.
  writer_.Spill(batch);
}

void PredictionLog::RunGatherer() {
  TakeLowestPriority();
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      const base::Deadline until = In(options_.gather_every);
      while (!stopping_ && changed_.WaitUntil(mutex_, until)) {
      }
      if (stopping_) return;
    }
    Gather(Due::kAsUsual);
  }
}

bool PredictionLog::WriteNext() {
  PredictionBatch batch;
  {
    const base::MutexLock lock(mutex_);
    if (queue_.empty()) return false;
    batch = std::move(queue_.front());
    queue_.pop_front();
    is_writing_ = true;
  }
  writer_.Write(batch);
  const base::MutexLock lock(mutex_);
  is_writing_ = false;
  changed_.NotifyAll();
  return true;
}

void PredictionLog::RunWriter() {
  TakeLowestPriority();
  base::Instant maintain_at = base::Instant::min();
  while (true) {
    if (const base::Instant now = clock_.MonotonicNow(); now >= maintain_at) {
      maintain_at = now + kMaintainEvery;
      writer_.Maintain();
    }
    // What is new first: it is what the callers wait for room for.
    if (WriteNext()) continue;
    const bool more = writer_.ReplayOldest() == BatchWriter::Replay::kDone;
    const base::MutexLock lock(mutex_);
    if (stopping_) return;
    if (more) continue;
    const base::Deadline until = In(options_.gather_every);
    while (!stopping_ && queue_.empty() && changed_.WaitUntil(mutex_, until)) {
    }
  }
}

void PredictionLog::Flush() {
  Gather(Due::kAll);
  const base::MutexLock lock(mutex_);
  while (!queue_.empty() || is_writing_) changed_.WaitUntil(mutex_, base::Deadline::Never());
}

}  // namespace geoclimate::prediction_log
