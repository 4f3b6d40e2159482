#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <thread>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/cache/redis_tier_options.h"
#include "geoclimate/redis/command_batch.h"
#include "geoclimate/redis/connection_pool.h"
#include "geoclimate/redis/reply.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::cache {

// Sends commands to Redis for those who do not want to know what became of them: a thread sends
// what has gathered in one go. What does not fit the queue, what comes while the server cannot be
// reached, and what is lost on the way is dropped and counted, never tried again. A server that is
// full is left alone for a second.
//
// Thread-safe. What the constructor is given outlives it. The destructor drops what waits.
class RedisWrites {
 public:
  RedisWrites(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
              const RedisTierOptions& options, const base::Clock& clock,
              telemetry::MetricRegistry& metrics);
  ~RedisWrites();
  RedisWrites(const RedisWrites&) = delete;
  RedisWrites& operator=(const RedisWrites&) = delete;

  // Whether commands are taken now: asked before the trouble of making some.
  bool Open() const EXCLUDES(mutex_);
  // Never waits.
  void Post(redis::CommandBatch commands) EXCLUDES(mutex_);

 private:
  struct Metrics {
    telemetry::Counter written;
    telemetry::Counter full;         // the queue was
    telemetry::Counter unavailable;  // the server was
    telemetry::Counter refused;      // by the server
  };
  static Metrics MakeMetrics(telemetry::MetricRegistry& metrics);

  void Run() EXCLUDES(mutex_);
  redis::CommandBatch NextBatch() EXCLUDES(mutex_);
  void Send(const redis::CommandBatch& batch);
  void Count(std::span<const redis::Reply> replies) EXCLUDES(mutex_);

  redis::ConnectionPool& pool_;
  resilience::CircuitBreaker& breaker_;
  const RedisTierOptions options_;
  const base::Clock& clock_;
  const Metrics metrics_;

  mutable base::Mutex mutex_;
  base::CondVar posted_;
  std::deque<redis::CommandBatch> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  base::Instant closed_until_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread thread_;  // last: uses all of it
};

}  // namespace geoclimate::cache
