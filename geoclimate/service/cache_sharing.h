#pragma once

#include <chrono>
#include <cstddef>

#include "geoclimate/base/clock.h"
#include "geoclimate/inference/prediction_cache.h"
#include "geoclimate/service/watcher.h"

namespace geoclimate::service {

struct CacheSharingOptions {
  // Rows a model that are marked as used most, and fetched by a process that starts. More start
  // warmer and take longer.
  std::size_t rows = 1000;
  enum class OnStart { kCold, kWarm } on_start = OnStart::kWarm;
  std::chrono::milliseconds look_interval{500};  // for models that have been loaded
  std::chrono::seconds mark_interval{30};
  // What fetching may take of the background thread's time at once.
  std::chrono::milliseconds fetch_time{2000};
};

// Lets processes that start begin where the others are: marks in the tier that they share which
// rows this one is asked for most, and brings those that others marked into memory for each model
// that is loaded. A tier that does not answer is tried again.
//
// On a background thread of its own. What it is given outlives it.
class CacheSharing {
 public:
  CacheSharing(inference::PredictionCache& cache, const base::Clock& clock,
               const CacheSharingOptions& options);

 private:
  void Look();

  inference::PredictionCache& cache_;
  const base::Clock& clock_;
  const CacheSharingOptions options_;
  base::Instant mark_at_;  // of the thread alone
  Watcher watcher_;        // last: stops before what it uses goes
};

}  // namespace geoclimate::service
