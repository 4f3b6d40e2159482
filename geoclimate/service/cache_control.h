#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/blob/blob_store.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/registry/registry.h"
#include "geoclimate/service/cache_state.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/watcher.h"

namespace geoclimate::service {

struct CacheControlOptions {
  // How often it is looked whether another process gave an order. Callers are promised that every
  // replica follows within 5 s.
  std::chrono::milliseconds watch_interval{2000};
  // What warming one model may take, on the background thread.
  std::chrono::milliseconds warm_time{1000};
};

// An order, and whether this process has followed it already.
struct CacheChange {
  std::uint64_t generation = 0;
  enum class Followed { kYes, kNotYet } followed = Followed::kNotYet;
  std::uint64_t rows = 0;  // that this process has warmed since its start
};

// Orders to the prediction caches of all processes that serve from one store: written as desired
// state (CacheState), followed by a background thread of each. A process that starts has an empty
// cache and follows only what comes later. Of two orders at the same time both are followed; of
// several to warm that come between two looks only the last.
//
// Thread-safe. What the constructor is given must outlive it.
class CacheControl {
 public:
  // Fails when the store cannot be read. While it cannot be reached the first look that reaches it
  // counts as the start, and the shared tier's answers are not found before it: whether they have
  // been cleared is not known.
  static base::Result<std::unique_ptr<CacheControl>> Start(blob::BlobStore& blobs,
                                                           inference::PredictionCache& cache,
                                                           const Models& models,
                                                           const base::Clock& clock,
                                                           const CacheControlOptions& options = {});

  // Each writes the order and then waits, to the deadline at the longest, until this process has
  // followed it. Errors: the store's; kDataLoss when what is there is no CacheState.

  // Forgets every answer.
  base::Result<CacheChange> Clear(const registry::Request& request, base::Deadline wait);
  // Answers the rows that were asked of other versions most, at most `rows` a model, by the
  // versions now in production: of `model_name`, or all of them when it is empty. kNotFound when no
  // version of that name is in production here.
  base::Result<CacheChange> Warm(std::string_view model_name, std::uint64_t rows,
                                 const registry::Request& request, base::Deadline wait);

  // What the caches of this process hold, tier by tier, and the last order that it has followed.
  struct Tiers {
    std::uint64_t generation = 0;
    cache::MemoryTier::Statistics memory;
    std::size_t max_bytes = 0;
    struct Shared {
      std::string endpoint;  // without its password
      bool available = false;
      std::optional<std::chrono::nanoseconds> round_trip;
    };
    std::optional<Shared> shared;  // nothing: memory is all
  };
  Tiers tiers() const EXCLUDES(mutex_);

  // Looks for orders and follows them; what the background thread does.
  base::Result<void> Refresh() EXCLUDES(refresh_mutex_, mutex_);

 private:
  CacheControl(blob::BlobStore& blobs, inference::PredictionCache& cache, const Models& models,
               const base::Clock& clock, const CacheControlOptions& options);

  base::Result<std::uint64_t> Order(const registry::Request& request,
                                    const std::function<void(CacheState&)>& change);
  base::Result<CacheChange> Await(std::uint64_t generation, base::Deadline wait) EXCLUDES(mutex_);
  void Begin(const CacheState& state) EXCLUDES(mutex_);
  std::uint64_t Follow(const CacheState::Warming& warming);

  blob::BlobStore& blobs_;
  inference::PredictionCache& cache_;
  const Models& models_;
  const base::Clock& clock_;
  const CacheControlOptions options_;

  base::Mutex refresh_mutex_;  // one Refresh() at a time
  mutable base::Mutex mutex_;
  base::CondVar followed_;
  std::uint64_t generation_ GUARDED_BY(mutex_) = 0;
  bool started_ GUARDED_BY(mutex_) = false;  // the state has been read once
  std::uint64_t warmed_rows_ GUARDED_BY(mutex_) = 0;

  std::unique_ptr<Watcher> watcher_;  // last: stops before what it uses goes
};

}  // namespace geoclimate::service
