#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>

#include "geoclimate/base/mutex.h"
#include "geoclimate/store/prediction_log_store.h"

namespace geoclimate::prediction_log {

// A real store whose inserts fail as a test says: before anything is kept, or after all of it is,
// as when the answer to a commit is lost.
class FailingStore final : public store::PredictionLogStore {
 public:
  explicit FailingStore(store::PredictionLogStore& store) : store_(store) {}

  enum class Fails { kNot, kBefore, kAfter };
  void Fail(Fails fails, base::ErrorCode code = base::ErrorCode::kUnavailable) {
    const base::MutexLock lock(mutex_);
    fails_ = fails;
    code_ = code;
  }
  int inserts() const { return inserts_.load(); }

  base::Result<Inserted> Insert(const store::PredictionBatch& batch) override {
    ++inserts_;
    Fails fails = Fails::kNot;
    base::ErrorCode code{};
    {
      const base::MutexLock lock(mutex_);
      fails = fails_;
      code = code_;
    }
    if (fails == Fails::kBefore) return base::Error(code, "the store is away");
    auto inserted = store_.Insert(batch);
    if (fails == Fails::kAfter) return base::Error(code, "the answer was lost");
    return inserted;
  }
  base::Result<store::PredictionLogSize> Maintain(const store::PredictionLogBounds& bounds,
                                                  base::LocalDay today) override {
    return store_.Maintain(bounds, today);
  }
  base::Result<void> Sample(
      std::string_view model_id, base::LocalDay day, std::size_t most,
      const std::function<void(const store::LoggedPrediction&)>& visit) override {
    return store_.Sample(model_id, day, most, visit);
  }

 private:
  store::PredictionLogStore& store_;
  std::atomic<int> inserts_{0};
  base::Mutex mutex_;
  Fails fails_ GUARDED_BY(mutex_) = Fails::kNot;
  base::ErrorCode code_ GUARDED_BY(mutex_) = base::ErrorCode::kUnavailable;
};

}  // namespace geoclimate::prediction_log
