#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/store/postgres/connection.h"
#include "geoclimate/store/postgres/postgres_store.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::store::postgres {

class Pool;

// A connection that is one's own until the lease goes. Not thread-safe.
class Lease {
 public:
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Connection& operator*() { return *connection_; }
  Connection* operator->() { return connection_.get(); }

 private:
  friend class Pool;
  using Permit = std::optional<resilience::CallPermit>;
  Lease(Pool* pool, std::unique_ptr<Connection> connection, Permit permit)
      : pool_(pool), connection_(std::move(connection)), permit_(std::move(permit)) {}

  Pool* pool_;
  std::unique_ptr<Connection> connection_;  // null when moved from
  Permit permit_;
};

// Connections to one database, between min_size and max_size of them. Who waits for one gets it in
// the order of coming. One that is broken, or is given back in the middle of something, is closed
// and another opened when it is wanted. A thread of the pool's own tries the idle ones at each
// health_check_interval, closes those that nobody wants and keeps min_size open.
//
// Thread-safe. Must outlive its leases; the destructor waits for nothing but its own thread.
class Pool {
 public:
  // Opens one connection, so that a wrong URL shows at once. `target`, `log` and what is around
  // outlive the pool.
  static base::Result<std::unique_ptr<Pool>> Open(const Target& target,
                                                  const PostgresPoolOptions& options,
                                                  const ConnectionOptions& connection,
                                                  QueryLog& log,
                                                  const PostgresSurroundings& around);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Waits in turn up to acquire_timeout. kUnavailable when all are in use for so long, the
  // server cannot be reached, or the breaker is open.
  base::Result<Lease> Acquire() EXCLUDES(mutex_);

  struct Size {
    std::size_t idle;
    std::size_t in_use;
    std::size_t waiting;  // callers
  };
  Size size() const EXCLUDES(mutex_);

  // How many have been opened since the beginning.
  std::uint64_t opened() const { return opened_.load(std::memory_order_relaxed); }

  // What the thread does at each interval.
  void CheckHealth() EXCLUDES(mutex_);

 private:
  friend class Lease;
  struct Idle {
    std::unique_ptr<Connection> connection;
    base::Instant since;    // when it was given back
    base::Instant checked;  // when it last answered
  };
  struct Waiter {
    base::CondVar turn;
  };

  Pool(const Target& target, const PostgresPoolOptions& options,
       const ConnectionOptions& connection, QueryLog& log, const PostgresSurroundings& around);

  base::Result<std::unique_ptr<Connection>> OpenConnection(base::Deadline deadline);
  // A place among max_size, in turn; with an idle connection where there is one.
  base::Result<std::unique_ptr<Connection>> TakePlace(base::Deadline deadline) EXCLUDES(mutex_);
  std::optional<Idle> TakeOldest(base::Instant before) EXCLUDES(mutex_);
  void GivePlaceBack() EXCLUDES(mutex_);
  void GiveBack(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);
  void WakeFirst() REQUIRES(mutex_);
  void KeepMinimum() EXCLUDES(mutex_);
  void Run() EXCLUDES(mutex_);
  void ShowSize() REQUIRES(mutex_);

  const Target& target_;
  const PostgresPoolOptions options_;
  const ConnectionOptions connection_options_;
  QueryLog& log_;
  resilience::CircuitBreaker* const breaker_;
  std::atomic<std::uint64_t> opened_{0};
  telemetry::Gauge shown_idle_;
  telemetry::Gauge shown_in_use_;
  mutable base::Mutex mutex_;
  // In the order of `since`: the one that was used last is taken first.
  std::vector<Idle> idle_ GUARDED_BY(mutex_);
  std::size_t in_use_ GUARDED_BY(mutex_) = 0;
  std::deque<Waiter*> waiters_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  base::CondVar stop_;
  std::thread thread_;
};

}  // namespace geoclimate::store::postgres
