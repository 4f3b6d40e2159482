#include "geoclimate/prediction_log/batch_writer.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/store/prediction_batch_check.h"

namespace geoclimate::prediction_log {
namespace {

using store::PredictionBatch;
using Inserted = store::PredictionLogStore::Inserted;
using std::chrono::milliseconds;

constexpr std::string_view kModule = "prediction_log";
constexpr milliseconds kFirstWait{1'000};
constexpr milliseconds kLongestWait{30'000};

// What no later attempt changes.
bool IsRefusal(const base::Error& error) {
  return error.code() == base::ErrorCode::kInvalidArgument;
}

}  // namespace

base::LocalDay BatchWriter::Today() const {
  return base::DayOf(clock_.Now(), std::chrono::minutes(0));
}

void BatchWriter::NoteFailure(const base::Error& error) {
  if (wait_ == milliseconds(0)) {
    base::Log(base::LogLevel::kWarning, kModule,
              "the prediction log cannot be stored; batches wait on disk",
              {{"error", error.ToString()}});
  }
  wait_ = std::clamp(2 * wait_, kFirstWait, kLongestWait);
  retry_at_.store((clock_.MonotonicNow() + wait_).time_since_epoch().count(),
                  std::memory_order_relaxed);
}

void BatchWriter::NoteSuccess() {
  if (wait_ == milliseconds(0)) return;
  base::Log(base::LogLevel::kInfo, kModule, "the prediction log is stored again");
  wait_ = milliseconds(0);
  retry_at_.store(base::Instant::min().time_since_epoch().count(), std::memory_order_relaxed);
}

void BatchWriter::Write(const PredictionBatch& batch) {
  if (is_full_) return metrics_.Drop(DropReason::kStoreFull, batch.predictions.size());
  if (away()) return Spill(batch);
  const base::Result<Inserted> inserted = store_.Insert(batch);
  if (inserted.ok()) {
    metrics_.stored.Add(batch.predictions.size());
    return NoteSuccess();
  }
  if (IsRefusal(inserted.error())) {
    base::Log(base::LogLevel::kError, kModule, "a batch of predictions is dropped",
              {{"error", inserted.error().ToString()}});
    return metrics_.Drop(DropReason::kRefused, batch.predictions.size());
  }
  // It may have been committed: its id tells when it is replayed.
  NoteFailure(inserted.error());
  Spill(batch);
}

void BatchWriter::Spill(const PredictionBatch& batch) const {
  if (spill_ == nullptr) return metrics_.Drop(DropReason::kSpillFull, batch.predictions.size());
  const auto kept = spill_->Keep(batch);
  if (!kept.ok()) {
    base::Log(base::LogLevel::kError, kModule, "a batch of predictions cannot be kept on disk",
              {{"error", kept.error().ToString()}});
    return metrics_.Drop(DropReason::kSpillFailed, batch.predictions.size());
  }
  if (*kept == SpillFolder::Kept::kFull) {
    return metrics_.Drop(DropReason::kSpillFull, batch.predictions.size());
  }
  metrics_.spilled.Add(batch.predictions.size());
  metrics_.spill_bytes.Set(static_cast<double>(spill_->bytes()));
}

void BatchWriter::SetAside(const SpillFolder::Found& found, DropReason reason,
                           const base::Error& error) {
  const std::string kept = spill_->SetAside(found.name);
  base::Log(base::LogLevel::kError, kModule,
            "a file of the prediction log's spill is set aside, and not stored",
            {{"file", kept}, {"error", error.ToString()}});
  metrics_.damaged_files.Add();
  metrics_.Drop(reason, found.batch.ok() ? found.batch->predictions.size() : found.predictions);
}

BatchWriter::Replay BatchWriter::ReplayOldest() {
  if (spill_ == nullptr) return Replay::kNothing;
  if (away() || is_full_) return spill_->empty() ? Replay::kNothing : Replay::kAway;
  std::optional<SpillFolder::Found> found = spill_->Oldest();
  if (!found) return Replay::kNothing;
  if (!found->batch.ok()) {
    SetAside(*found, DropReason::kSpillDamaged, found->batch.error());
    return Replay::kDone;
  }
  PredictionBatch& batch = *found->batch;
  const base::LocalDay first_kept = Today() - std::chrono::days(bounds_.retention_days);
  const std::size_t expired = std::erase_if(batch.predictions, [first_kept](const auto& one) {
    return store::DayOfPrediction(one) < first_kept;
  });
  const base::Result<Inserted> inserted = store_.Insert(batch);
  if (!inserted.ok()) {
    if (IsRefusal(inserted.error())) {
      SetAside(*found, DropReason::kRefused, inserted.error());
      return Replay::kDone;
    }
    NoteFailure(inserted.error());
    return Replay::kAway;
  }
  NoteSuccess();
  metrics_.Drop(DropReason::kExpired, expired);
  (*inserted == Inserted::kYes ? metrics_.replayed : metrics_.replayed_again)
      .Add(batch.predictions.size());
  if (const auto removed = spill_->Remove(found->name); !removed.ok()) {
    base::Log(base::LogLevel::kWarning, kModule,
              "a file of the prediction log's spill is stored, and cannot be removed",
              {{"error", removed.error().ToString()}});
  }
  metrics_.spill_bytes.Set(static_cast<double>(spill_->bytes()));
  return Replay::kDone;
}

void BatchWriter::Maintain() {
  if (spill_ != nullptr) metrics_.spill_bytes.Set(static_cast<double>(spill_->bytes()));
  if (away()) return;
  const auto size = store_.Maintain(bounds_, Today());
  if (!size.ok()) return NoteFailure(size.error());
  metrics_.store_bytes.Set(static_cast<double>(size->bytes));
  const bool full = size->bytes > bounds_.max_bytes;
  if (full && !is_full_) {
    base::Log(base::LogLevel::kWarning, kModule,
              "a day of the prediction log is larger than prediction_log.max_bytes: sample less",
              {{"bytes", fmt::format("{}", size->bytes)}});
  }
  is_full_ = full;
}

}  // namespace geoclimate::prediction_log
