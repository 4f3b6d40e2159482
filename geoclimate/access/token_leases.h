#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/access/leased_bucket.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/redis/connection_pool.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::access {

struct TokenLeaseOptions {
  // A block is what the rate brings in this time, and half of this process's part of the burst at
  // most. Larger asks less often; what a process that is killed had leased is lost for that long.
  std::chrono::milliseconds block_time{200};
  // How long the thread waits for an answer of Redis.
  std::chrono::milliseconds answer_timeout{50};
  // After an answer that there are none: when to ask again at the soonest.
  std::chrono::milliseconds ask_again{10};
  // Tokens that nobody spent for so long go back.
  std::chrono::milliseconds idle_time{1'000};
  // How often this process says that it is there; three times as soon while Redis is away.
  std::chrono::milliseconds presence_interval{1'000};
  // Callers who may wait for a block at a time; the others go on with the share.
  std::size_t most_waiting = 4'096;
};

// The buckets that processes share, in Redis: a thread leases blocks of tokens there for the
// LeasedBuckets that ask. A bucket is one key, the moment at which it is full again by the server's
// clock, that a script advances; it goes by itself when it is full. Each process says every second
// that it is there, so that all know how many share the rate.
//
// While Redis does not answer, or refuses, the buckets keep to their shares; the thread goes on
// saying that it is there, and the first answer ends that.
//
// Metrics: rate_limit_leases_total{outcome=granted|none|failed}, rate_limit_replicas,
// rate_limit_shared (1 while Redis answers).
//
// Thread-safe. What it is given outlives it, and it outlives the buckets.
class TokenLeases {
 public:
  TokenLeases(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
              const base::Clock& clock, telemetry::MetricRegistry& metrics,
              const TokenLeaseOptions& options = {});
  ~TokenLeases();
  TokenLeases(const TokenLeases&) = delete;
  TokenLeases& operator=(const TokenLeases&) = delete;

  // Whether the last exchange with Redis went well.
  bool reachable() const { return reachable_.load(std::memory_order_relaxed); }
  // Processes that share the rates, this one included, as last heard.
  std::int64_t replicas() const { return replicas_.load(std::memory_order_relaxed); }
  const TokenLeaseOptions& options() const { return options_; }

  // Asks for a block for the bucket, soon. Never waits.
  void Enqueue(std::shared_ptr<LeasedBucket> bucket) EXCLUDES(mutex_);

 private:
  struct Question {
    std::shared_ptr<LeasedBucket> bucket;
    LeasedBucket::Demand demand;
  };
  struct Metrics {
    telemetry::Counter granted;
    telemetry::Counter none;
    telemetry::Counter failed;
    telemetry::Gauge replicas;
    telemetry::Gauge shared;
  };
  static Metrics MakeMetrics(telemetry::MetricRegistry& metrics);

  void Run() EXCLUDES(mutex_);
  // What was asked for, some at a time; waits for it until something else is to be done.
  std::vector<Question> NextQuestions() EXCLUDES(mutex_);
  bool Stopping() EXCLUDES(mutex_);
  void SayPresent();
  void GiveIdleBack();
  void Exchange(std::vector<Question>& questions);
  void Answer(std::span<Question> questions, std::span<const redis::Reply> numbers);
  base::Result<std::vector<redis::Reply>> Send(const redis::CommandBatch& batch,
                                               const redis::ConnectionPool::Check& check);
  void SetReachable(bool reachable);

  redis::ConnectionPool& pool_;
  resilience::CircuitBreaker& breaker_;
  const base::Clock& clock_;
  const TokenLeaseOptions options_;
  const Metrics metrics_;
  const std::string name_;  // of this process among those that share
  std::atomic<bool> reachable_{false};
  std::atomic<std::int64_t> replicas_{1};

  base::Mutex mutex_;
  base::CondVar asked_;
  std::vector<std::shared_ptr<LeasedBucket>> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  // Of the thread alone.
  std::vector<std::shared_ptr<LeasedBucket>> held_;  // those that may have tokens left
  base::Instant say_present_at_;
  base::Instant look_at_;

  std::thread thread_;  // last: uses all of it
};

}  // namespace geoclimate::access
