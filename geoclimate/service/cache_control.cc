#include "geoclimate/service/cache_control.h"

#include <cstdint>
#include <random>
#include <utility>

#include "geoclimate/cache/redis_tier.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/follow_log.h"

namespace geoclimate::service {
namespace {

constexpr std::string_view kStateKey = "cache/state.json";

// The state and the blob's version; none yet: no version.
struct StoredState {
  CacheState state;
  std::string version;
};

base::Result<StoredState> LoadState(const blob::BlobStore& blobs) {
  auto blob = blobs.Get(kStateKey);
  if (!blob.ok()) {
    if (blob.error().code() == base::ErrorCode::kNotFound) return StoredState();
    return blob.error();
  }
  StoredState stored;
  GC_ASSIGN_OR_RETURN(stored.state, ParseCacheState(blob->bytes));
  stored.version = std::move(blob->version);
  return stored;
}

// Under which no process has kept anything: orders count up from 1.
std::uint64_t NobodysGeneration() {
  std::random_device device;
  constexpr int kHalf = 32;
  return (std::uint64_t{device()} << kHalf) | (std::uint64_t{1} << 63) | device();
}

}  // namespace

CacheControl::CacheControl(blob::BlobStore& blobs, inference::PredictionCache& cache,
                           const Models& models, const base::Clock& clock,
                           const CacheControlOptions& options)
    : blobs_(blobs), cache_(cache), models_(models), clock_(clock), options_(options) {}

base::Result<std::unique_ptr<CacheControl>> CacheControl::Start(
    blob::BlobStore& blobs, inference::PredictionCache& cache, const Models& models,
    const base::Clock& clock, const CacheControlOptions& options) {
  std::unique_ptr<CacheControl> control(new CacheControl(blobs, cache, models, clock, options));
  FollowLog log("orders to the caches");
  if (const auto stored = LoadState(blobs); stored.ok()) {
    control->Begin(stored->state);
  } else if (stored.error().code() == base::ErrorCode::kUnavailable ||
             stored.error().code() == base::ErrorCode::kDeadlineExceeded) {
    cache.Clear(NobodysGeneration());
    log.Report(stored.error());
  } else {
    return stored.error();
  }
  CacheControl* const raw = control.get();
  control->watcher_ = std::make_unique<Watcher>(
      options.watch_interval, [raw, log]() mutable { log.Report(raw->Refresh()); });
  return control;
}

void CacheControl::Begin(const CacheState& state) {
  // What other processes kept before the last order is not found here either.
  cache_.Clear(state.cleared);
  const base::MutexLock lock(mutex_);
  generation_ = state.generation;
  started_ = true;
  followed_.NotifyAll();
}

base::Result<std::uint64_t> CacheControl::Order(const registry::Request& request,
                                                const std::function<void(CacheState&)>& change) {
  constexpr int kMostAttempts = 100;
  for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
    GC_ASSIGN_OR_RETURN(StoredState stored, LoadState(blobs_));
    ++stored.state.generation;
    stored.state.at = clock_.Now();
    stored.state.actor = request.actor;
    stored.state.reason = request.reason;
    change(stored.state);
    const std::string bytes = EncodeCacheState(stored.state);
    const auto put = stored.version.empty() ? blobs_.PutIfAbsent(kStateKey, bytes)
                                            : blobs_.PutIfMatch(kStateKey, bytes, stored.version);
    if (put.ok()) return stored.state.generation;
    const base::ErrorCode code = put.error().code();
    if (code != base::ErrorCode::kAborted && code != base::ErrorCode::kAlreadyExists) {
      return put.error();
    }
  }
  return base::Unavailable("the state of the caches is being changed by too many writers");
}

base::Result<CacheChange> CacheControl::Clear(const registry::Request& request,
                                              base::Deadline wait) {
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation,
                      Order(request, [](CacheState& state) { state.cleared = state.generation; }));
  return Await(generation, wait);
}

base::Result<CacheChange> CacheControl::Warm(std::string_view model_name, std::uint64_t rows,
                                             const registry::Request& request,
                                             base::Deadline wait) {
  if (!model_name.empty()) {
    const auto models = models_.Served();
    GC_RETURN_IF_ERROR([&]() -> base::Result<void> {
      const auto found = models->Choose({.model_id = {}, .model_name = model_name});
      return found.ok() ? base::Result<void>() : base::Result<void>(found.error());
    }());
  }
  GC_ASSIGN_OR_RETURN(const std::uint64_t generation, Order(request, [&](CacheState& state) {
                        state.warming = {.generation = state.generation,
                                         .model_name = std::string(model_name),
                                         .rows = rows};
                      }));
  return Await(generation, wait);
}

base::Result<CacheChange> CacheControl::Await(std::uint64_t generation, base::Deadline wait) {
  watcher_->Nudge();
  const base::MutexLock lock(mutex_);
  while (generation_ < generation && followed_.WaitUntil(mutex_, wait)) {
  }
  CacheChange change{.generation = generation, .rows = warmed_rows_};
  if (generation_ >= generation) change.followed = CacheChange::Followed::kYes;
  return change;
}

base::Result<void> CacheControl::Refresh() {
  const base::MutexLock refreshing(refresh_mutex_);
  GC_ASSIGN_OR_RETURN(const StoredState stored, LoadState(blobs_));
  const CacheState& state = stored.state;
  std::uint64_t before = 0;
  bool started = false;
  {
    const base::MutexLock lock(mutex_);
    before = generation_;
    started = started_;
  }
  if (!started) {
    Begin(state);
    return {};
  }
  if (state.generation <= before) return {};
  std::uint64_t rows = 0;
  const bool clear = state.cleared > before;
  const bool warm = state.warming.generation > before;
  // In the order in which they were given.
  if (warm && state.warming.generation < state.cleared) rows = Follow(state.warming);
  if (clear) cache_.Clear(state.cleared);
  if (warm && state.warming.generation > state.cleared) rows = Follow(state.warming);
  const base::MutexLock lock(mutex_);
  generation_ = state.generation;
  warmed_rows_ += rows;
  followed_.NotifyAll();
  return {};
}

CacheControl::Tiers CacheControl::tiers() const {
  Tiers tiers{.generation = 0,
              .memory = cache_.statistics(),
              .max_bytes = cache_.options().memory.max_bytes,
              .shared = std::nullopt};
  if (const cache::RedisTier* shared = cache_.shared()) {
    tiers.shared = Tiers::Shared{.endpoint = shared->endpoint(),
                                 .available = shared->available(),
                                 .round_trip = shared->round_trip()};
  }
  const base::MutexLock lock(mutex_);
  tiers.generation = generation_;
  return tiers;
}

std::uint64_t CacheControl::Follow(const CacheState::Warming& warming) {
  const std::shared_ptr<const ServedModels> models = models_.ServedShared();
  std::uint64_t rows = 0;
  for (const ServedModel& served : models->models()) {
    if (served.description.stage != model::Stage::kProduction) continue;
    if (!warming.model_name.empty() && served.description.model_name != warming.model_name) {
      continue;
    }
    rows += WarmCache(cache_, served, warming.rows, options_.warm_time);
  }
  return rows;
}

}  // namespace geoclimate::service
