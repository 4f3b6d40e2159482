#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "geoclimate/base/clock.h"
#include "geoclimate/prediction_log/log_metrics.h"
#include "geoclimate/prediction_log/spill_folder.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::prediction_log {

// Where batches go: to the store, and while that is away to the spill, from which they come back.
// Every prediction that it is given ends in one of these or is counted as dropped, with its reason.
//
// A store that fails is left alone for a second, then two, and so on to half a minute: until then
// batches go to the spill at once. Thread-safe, but for Write(), ReplayOldest() and Maintain(),
// which are one thread's.
class BatchWriter {
 public:
  // What is given must outlive it. `spill` may be null: then what the store does not take is
  // dropped.
  BatchWriter(store::PredictionLogStore& store, SpillFolder* spill,
              const store::PredictionLogBounds& bounds, const base::Clock& clock,
              const LogMetrics& metrics)
      : store_(store), spill_(spill), bounds_(bounds), clock_(clock), metrics_(metrics) {}

  // To the store, or the spill. May take as long as the store lets a caller wait.
  void Write(const store::PredictionBatch& batch);
  // To the spill.
  void Spill(const store::PredictionBatch& batch) const;
  // The store has failed, and it is too early to ask it again.
  bool away() const { return clock_.MonotonicNow() < retry_at(); }
  base::Instant retry_at() const {
    return base::Instant(base::Instant::duration(retry_at_.load(std::memory_order_relaxed)));
  }

  enum class Replay { kNothing, kDone, kAway };
  // Writes one file of the spill to the store, or sets it aside. kNothing: none waits.
  Replay ReplayOldest();

  // Holds the store to its bounds; to be called from time to time.
  void Maintain();

 private:
  // The store has failed, or answered.
  void NoteFailure(const base::Error& error);
  void NoteSuccess();
  void SetAside(const SpillFolder::Found& found, DropReason reason, const base::Error& error);
  base::LocalDay Today() const;

  store::PredictionLogStore& store_;
  SpillFolder* const spill_;
  const store::PredictionLogBounds bounds_;
  const base::Clock& clock_;
  const LogMetrics metrics_;
  std::atomic<base::Instant::rep> retry_at_{base::Instant::min().time_since_epoch().count()};
  std::chrono::milliseconds wait_{0};  // after the last failure
  bool is_full_ = false;               // the store, within its newest day
};

}  // namespace geoclimate::prediction_log
