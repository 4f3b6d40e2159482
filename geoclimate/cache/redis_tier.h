#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/redis_lookups.h"
#include "geoclimate/cache/redis_tier_options.h"
#include "geoclimate/cache/redis_writes.h"
#include "geoclimate/redis/connection_pool.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::cache {

// Values by keys that processes share, in a Redis server. A look-up is answered by a callback
// within its time-out, an insertion is sent or dropped, and neither makes its caller wait, whatever
// the server does. What comes back is a value that was inserted under that very key, or nothing: a
// value of another version, length, checksum or key counts as none.
//
//   tier.Find({.keys = {key}, .deadline = deadline, .done = [](std::span<TierAnswer> answers) {
//     if (answers[0].state == TierAnswer::State::kFound) ...
//   }});
//   tier.Insert(key, bytes);
//
// Nothing is ever deleted: what shall not be found any more changes its keys (a generation, a
// version), and the old ones run out. Whoever can write to the server can make up values; they are
// data for the caller to check, never anything that is run.
//
// Metrics, all with tier="redis": cache_tier_failures_total{reason}, cache_tier_waits_total,
// cache_tier_round_trip_seconds, cache_writes_total, cache_dropped_writes_total{reason}.
//
// Thread-safe. What the constructor is given outlives it.
class RedisTier {
 public:
  // `options` must be valid.
  RedisTier(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
            const RedisTierOptions& options, const base::Clock& clock,
            telemetry::MetricRegistry& metrics);
  RedisTier(const RedisTier&) = delete;
  RedisTier& operator=(const RedisTier&) = delete;

  void Find(TierQuestion question) { lookups_.Ask(std::move(question)); }
  // Whether a look-up has a chance now.
  bool available() const { return breaker_.state() == resilience::BreakerState::kClosed; }
  std::optional<std::chrono::nanoseconds> round_trip() const { return lookups_.round_trip(); }

  void Insert(std::string_view key, std::string_view bytes);
  // That there is nothing, which is forgotten sooner.
  void InsertAbsent(std::string_view key);

  // A bounded set of members that are used, the latest first: every call names some with the
  // present as their mark, and only the `most` of the highest marks stay.
  void MarkUsed(std::string_view set, std::span<const std::string> members, std::size_t most);

  // For background threads, which may wait: the members of such a set, at most `most`; and the
  // values of keys, nothing for those that have none. Errors: ConnectionPool::Exchange's.
  base::Result<std::vector<std::string>> MostUsed(std::string_view set, std::size_t most,
                                                  base::Deadline deadline);
  base::Result<std::vector<std::optional<std::string>>> Load(std::span<const std::string> keys,
                                                             base::Deadline deadline);

  // Without its password.
  std::string endpoint() const { return pool_.endpoint().ToString(); }
  const RedisTierOptions& options() const { return options_; }

 private:
  void Write(std::string_view key, std::string_view encoded, std::chrono::seconds ttl);

  redis::ConnectionPool& pool_;
  resilience::CircuitBreaker& breaker_;
  const RedisTierOptions options_;
  const base::Clock& clock_;
  RedisWrites writes_;
  RedisLookups lookups_;
};

}  // namespace geoclimate::cache
