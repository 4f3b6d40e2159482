#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/cache/tiered_cache.h"
#include "geoclimate/inference/cache_payoff.h"
#include "geoclimate/inference/loaded_model.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::inference {

// What one version of a model shares with other processes through the second tier of its cache, and
// whether it asks there: only for rows that take several round trips to compute, and only as long
// as finding them saves more time than asking takes (CachePayoff, in time that callers wait).
//
// A key names the artifact by its SHA-256, so that nothing of another version is ever found; the
// generation, so that clearing reaches all processes; how far rows are rounded; what the answer
// holds; and the row as the first tier has it.
//
// Metrics with cache="prediction", tier="redis" and the model: cache_hits_total,
// cache_misses_total, cache_saved_wait_seconds_total, cache_spent_wait_seconds_total, cache_active.
//
// Thread-safe. `cache` has a shared tier and outlives it.
class SharedPredictions : public std::enable_shared_from_this<SharedPredictions> {
 public:
  // Rows that take less than so many round trips are computed.
  static constexpr int kWorthRoundTrips = 4;
  // Of processes that miss a row which takes at least so many, one computes it for all.
  static constexpr int kLeaseRoundTrips = 16;

  // Null for a model whose artifact is not known, or without a shared tier. `dropped_bits` of each
  // value's mantissa are rounded away.
  static std::shared_ptr<SharedPredictions> Of(const LoadedModel& model, std::uint32_t dropped_bits,
                                               cache::TieredCache& cache,
                                               telemetry::MetricRegistry& metrics,
                                               const base::Clock& clock);

  // Whether rows that take `cost` are worth asking for, now and by their hash: never waits. Then
  // the generation, which their keys keep though the cache be cleared meanwhile.
  std::optional<std::uint64_t> Asks(std::chrono::nanoseconds cost, std::uint64_t hash,
                                    base::Instant now);
  // The first part of that alone: it may change with the network.
  bool Worth(std::chrono::nanoseconds cost) const;

  // `rest` is what the first tier's key says beside the model.
  std::string KeyOf(std::uint64_t generation, std::string_view rest) const;

  // See TieredCache::FindShared: `done` gets a value for each that is wanted, or none.
  void Find(std::vector<cache::TieredCache::Wanted> wanted, std::chrono::nanoseconds cost,
            base::Deadline deadline, cache::TieredCache::Done done);
  void Insert(const std::string& key, std::string_view value) {
    cache_.shared()->Insert(key, value);
  }

  // The rests of keys that are asked for most, for processes that start: marked and, at most
  // `most`, read again. The latter for a background thread; errors: RedisTier::MostUsed's.
  void MarkUsed(std::span<const std::string> rests, std::size_t most);
  base::Result<std::vector<std::string>> MostUsed(std::size_t most, base::Deadline deadline);

  const CachePayoff& payoff() const { return payoff_; }

 private:
  SharedPredictions(const LoadedModel& model, std::uint32_t dropped_bits, cache::TieredCache& cache,
                    telemetry::MetricRegistry& metrics, const base::Clock& clock);
  std::chrono::milliseconds LeaseFor(std::chrono::nanoseconds cost, std::size_t rows) const;
  std::string UsedSet() const;

  cache::TieredCache& cache_;
  const base::Clock& clock_;
  const std::string artifact_;  // SHA-256 and rounding, as in keys
  telemetry::Counter hits_;
  telemetry::Counter misses_;
  CachePayoff payoff_;
};

}  // namespace geoclimate::inference
