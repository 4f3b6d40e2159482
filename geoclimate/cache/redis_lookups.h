#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/redis_tier_options.h"
#include "geoclimate/redis/connection_pool.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::cache {

// What is known of one key. A value.
struct TierAnswer {
  enum class State : std::uint8_t { kUnknown, kFound, kAbsent } state = State::kUnknown;
  std::string bytes;  // of kFound
};

// Keys that one caller wants at once.
struct TierQuestion {
  // Called once, by the tier's thread or by Ask() itself, with an answer a key. Must not block.
  using Done = std::function<void(std::span<TierAnswer> answers)>;

  std::vector<std::string> keys;
  // The caller's own; the tier's time-out counts beside it.
  base::Deadline deadline = base::Deadline::Never();
  // Above zero: of several processes that miss a key within so long only the first is told at once,
  // to compute it; the others wait for its value to their deadlines. For one key, and for work that
  // takes many round trips.
  std::chrono::milliseconds lease{0};
  Done done;
};

// Looks keys up in Redis for callers who do not wait: a thread asks for all that has gathered with
// one MGET, and tells each what it found. No question is answered later than its deadline or the
// time-out, whichever is first: what is not known by then is unknown. While the breaker is not
// closed and with a full queue that is so at once.
//
// The thread asks with a PING when nobody asked for a second, so that the round trip is known, a
// connection is at hand, and recovery is noticed without a request having to wait for it.
//
// Thread-safe. What the constructor is given outlives it. The destructor answers all that waits.
class RedisLookups {
 public:
  RedisLookups(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
               const RedisTierOptions& options, const base::Clock& clock,
               telemetry::MetricRegistry& metrics);
  ~RedisLookups();
  RedisLookups(const RedisLookups&) = delete;
  RedisLookups& operator=(const RedisLookups&) = delete;

  void Ask(TierQuestion question) EXCLUDES(mutex_);

  // From Ask() to the answer, a moving average; nothing while none was measured.
  std::optional<std::chrono::nanoseconds> round_trip() const;

 private:
  struct Pending {
    TierQuestion question;
    std::vector<TierAnswer> answers;
    base::Instant asked_at;
    base::Deadline deadline = base::Deadline::Never();
    base::Instant look_at;  // of one that waits for another process
  };
  struct Metrics {
    telemetry::Counter format_faults;
    telemetry::Counter length_faults;
    telemetry::Counter checksum_faults;
    telemetry::Counter late;
    telemetry::Counter unavailable;
    telemetry::Counter overflow;
    telemetry::Counter waited;
    telemetry::Gauge round_trip;
  };
  static Metrics MakeMetrics(telemetry::MetricRegistry& metrics);

  void Run() EXCLUDES(mutex_);
  bool Stopping() EXCLUDES(mutex_);
  // What is to be asked now; nothing when it is time to end or for a PING.
  std::vector<Pending> NextRound() EXCLUDES(mutex_);
  bool TakeQueued(std::vector<Pending>& round) REQUIRES(mutex_);
  void TakeWaiting(base::Instant now, std::vector<Pending>& round);
  base::Instant NextLook() const;

  void Serve(std::vector<Pending> round);
  void DropLate(std::vector<Pending>& round);
  base::Result<void> LookUp(std::vector<Pending>& round);
  void Read(Pending& pending, std::size_t index, const redis::Reply& reply);
  // Those of `missed` who are to compute are told; the others wait.
  base::Result<void> Lead(std::vector<Pending> missed);
  void Wait(Pending pending);
  void Ping();
  void CompareExpectation();
  // One exchange through the breaker.
  base::Result<std::vector<redis::Reply>> Exchange(const redis::CommandBatch& batch,
                                                   base::Deadline deadline,
                                                   const redis::ConnectionPool::Check& check);
  std::chrono::nanoseconds LeastTime() const;
  void Measure(std::chrono::nanoseconds took);
  static void Tell(Pending& pending) { pending.question.done(pending.answers); }

  redis::ConnectionPool& pool_;
  resilience::CircuitBreaker& breaker_;
  const RedisTierOptions options_;
  const base::Clock& clock_;
  const Metrics metrics_;
  std::atomic<std::int64_t> round_trip_ns_{0};

  base::Mutex mutex_;
  base::CondVar asked_;
  std::deque<Pending> queue_ GUARDED_BY(mutex_);
  std::size_t queued_keys_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;

  // Of the thread alone.
  std::vector<Pending> waiting_;
  base::Instant ping_at_;
  base::Instant compare_at_;
  std::vector<std::string> differences_;

  std::thread thread_;  // last: uses all of it
};

}  // namespace geoclimate::cache
