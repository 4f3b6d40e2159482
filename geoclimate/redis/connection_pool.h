#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/redis/command_batch.h"
#include "geoclimate/redis/connection.h"
#include "geoclimate/redis/endpoint.h"
#include "geoclimate/redis/reply.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::redis {

struct ConnectionPoolOptions {
  // Connections at once, those being made included. Larger lets more threads exchange at the same
  // time; one that pipelines needs one.
  std::size_t max_connections = 4;
  // What making a connection may take, signing in included. Nobody waits for it beyond his own
  // deadline.
  std::chrono::milliseconds connect_timeout{1000};
  // After a connection could not be made the next try comes after a random time up to this, then up
  // to twice as long, and so on to the longest. Smaller is back sooner and asks a server in trouble
  // more often.
  std::chrono::milliseconds first_pause{50};
  std::chrono::milliseconds longest_pause{2000};
  // One that nobody needed for so long is closed when the next one is taken.
  std::chrono::seconds idle_limit{300};
  ReplyLimits limits;

  base::Result<void> Validate() const;
};

// Connections to one server, made by a thread of the pool when somebody needs one and reused.
// Nobody makes a connection on his own time: who comes while there is none waits for one to his
// deadline, and while the server cannot be reached is refused at once. A connection that failed,
// that the server has closed, or that says what nobody asked for is thrown away, and another takes
// its place.
//
//   auto replies = pool.Exchange(batch, base::Deadline::After(clock, 5ms));
//
// Metrics: redis_connections{state=idle|in_use|connecting}, redis_connect_failures_total,
// redis_exchanges_total{outcome=ok|timeout|lost|garbled|unreachable}, redis_exchange_seconds.
//
// Thread-safe. `clock` and `metrics` outlive it. The destructor waits for a connection that is
// being made, which may take connect_timeout and what looking up a name takes.
class ConnectionPool {
 public:
  ConnectionPool(Endpoint endpoint, const ConnectionPoolOptions& options, const base::Clock& clock,
                 telemetry::MetricRegistry& metrics);
  ~ConnectionPool();
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Whether the replies are such as the commands have: what `check` refuses breaks the connection,
  // as it may have lost step.
  using Check = std::function<base::Result<void>(std::span<const Reply> replies)>;

  // Sends the commands over one connection and reads a reply for each, in order. Commands that the
  // server refuses are replies of kError. Errors:
  //   kUnavailable        the server cannot be reached, or closed the connection meanwhile
  //   kDeadlineExceeded   no connection, or no whole answer, in time
  //   kDataLoss           the answer is none, too long, or not what `check` allows
  //   kUnauthenticated    the server does not let this user in
  // After one nothing is known of what became of the commands.
  base::Result<std::vector<Reply>> Exchange(const CommandBatch& batch, base::Deadline deadline,
                                            const Check& check = {});

  struct Counts {
    std::size_t idle = 0;
    std::size_t in_use = 0;
    std::size_t connecting = 0;
  };
  Counts counts() const EXCLUDES(mutex_);
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    base::Instant since;
  };
  struct Metrics {
    telemetry::Gauge idle;
    telemetry::Gauge in_use;
    telemetry::Gauge connecting;
    telemetry::Counter connect_failures;
    telemetry::Counter ok;
    telemetry::Counter timeout;
    telemetry::Counter lost;
    telemetry::Counter garbled;
    telemetry::Counter unreachable;
    telemetry::Histogram seconds;
  };

  base::Result<std::unique_ptr<Connection>> Take(base::Deadline deadline) EXCLUDES(mutex_);
  void GiveBack(std::unique_ptr<Connection> connection) EXCLUDES(mutex_);
  // A connection that can be used; drops those that cannot.
  std::unique_ptr<Connection> TakeIdle(std::vector<Idle>& dropped) REQUIRES(mutex_);
  bool Wanted(base::Instant now) const REQUIRES(mutex_);
  std::size_t Open() const REQUIRES(mutex_) { return idle_.size() + in_use_ + connecting_; }
  void Run() EXCLUDES(mutex_);
  bool AwaitWork() EXCLUDES(mutex_);
  void Land(base::Result<std::unique_ptr<Connection>> made) EXCLUDES(mutex_);
  void Failed(const base::Error& error) REQUIRES(mutex_);
  void Show() const REQUIRES(mutex_);
  void CountOutcome(const base::Error& error) const;
  static Metrics MakeMetrics(telemetry::MetricRegistry& metrics);

  const Endpoint endpoint_;
  const ConnectionPoolOptions options_;
  const base::Clock& clock_;
  const Metrics metrics_;

  mutable base::Mutex mutex_;
  base::CondVar changed_;                      // for who waits for a connection
  base::CondVar work_;                         // for the thread that makes them
  std::vector<Idle> idle_ GUARDED_BY(mutex_);  // the one used last is at the end
  std::size_t in_use_ GUARDED_BY(mutex_) = 0;
  std::size_t connecting_ GUARDED_BY(mutex_) = 0;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
  int failures_ GUARDED_BY(mutex_) = 0;  // in a row
  std::uint64_t attempts_ GUARDED_BY(mutex_) = 0;
  std::optional<base::Error> failure_ GUARDED_BY(mutex_);  // of the last attempt
  base::Instant next_try_ GUARDED_BY(mutex_) = base::Instant::min();
  std::minstd_rand random_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::thread connector_;  // last: uses all of it
};

}  // namespace geoclimate::redis
