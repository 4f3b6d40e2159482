#include "geoclimate/redis/connection_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::redis {
namespace {

constexpr std::string_view kModule = "redis";

}  // namespace

base::Result<void> ConnectionPoolOptions::Validate() const {
  if (max_connections < 1 || max_connections > 1024) {
    return base::InvalidArgument("connections are from 1 to 1024");
  }
  if (connect_timeout.count() < 1 || first_pause.count() < 1 || longest_pause < first_pause) {
    return base::InvalidArgument("times of connecting are positive and rise");
  }
  return {};
}

ConnectionPool::Metrics ConnectionPool::MakeMetrics(telemetry::MetricRegistry& metrics) {
  const auto connections = [&](std::string_view state) {
    return metrics.AddGauge("redis_connections", "Connections to Redis", {{"state", state}});
  };
  const auto exchanges = [&](std::string_view outcome) {
    return metrics.AddCounter("redis_exchanges_total",
                              "Commands sent together and answered, or not",
                              {{"outcome", outcome}});
  };
  return {.idle = connections("idle"),
          .in_use = connections("in_use"),
          .connecting = connections("connecting"),
          .connect_failures = metrics.AddCounter("redis_connect_failures_total",
                                                 "Connections to Redis that could not be made"),
          .ok = exchanges("ok"),
          .timeout = exchanges("timeout"),
          .lost = exchanges("lost"),
          .garbled = exchanges("garbled"),
          .unreachable = exchanges("unreachable"),
          .seconds = metrics.AddHistogram("redis_exchange_seconds",
                                          "Time from sending commands to their last answer",
                                          telemetry::DurationBuckets())};
}

ConnectionPool::ConnectionPool(Endpoint endpoint, const ConnectionPoolOptions& options,
                               const base::Clock& clock, telemetry::MetricRegistry& metrics)
    : endpoint_(std::move(endpoint)),
      options_(options),
      clock_(clock),
      metrics_(MakeMetrics(metrics)),
      random_(std::random_device()()),
      connector_([this] { Run(); }) {}

ConnectionPool::~ConnectionPool() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    work_.NotifyAll();
    changed_.NotifyAll();
  }
  connector_.join();
}

base::Result<std::vector<Reply>> ConnectionPool::Exchange(const CommandBatch& batch,
                                                          base::Deadline deadline,
                                                          const Check& check) {
  if (batch.empty()) return std::vector<Reply>();
  auto taken = Take(deadline);
  if (!taken.ok()) {
    metrics_.unreachable.Add();
    return taken.error();
  }
  std::unique_ptr<Connection> connection = *std::move(taken);
  const base::Instant start = clock_.MonotonicNow();
  auto replies = connection->Exchange(batch, deadline);
  if (replies.ok() && check) {
    if (const auto fits = check(*replies); !fits.ok()) {
      connection->Break();
      replies = fits.error();
    }
  }
  GiveBack(std::move(connection));
  if (!replies.ok()) {
    CountOutcome(replies.error());
    return replies;
  }
  metrics_.ok.Add();
  metrics_.seconds.Observe(std::chrono::duration<double>(clock_.MonotonicNow() - start).count());
  return replies;
}

void ConnectionPool::CountOutcome(const base::Error& error) const {
  switch (error.code()) {
    case base::ErrorCode::kDeadlineExceeded:
      return metrics_.timeout.Add();
    case base::ErrorCode::kUnavailable:
      return metrics_.lost.Add();
    default:
      return metrics_.garbled.Add();
  }
}

std::unique_ptr<Connection> ConnectionPool::TakeIdle(std::vector<Idle>& dropped) {
  const base::Instant now = clock_.MonotonicNow();
  while (!idle_.empty()) {
    Idle one = std::move(idle_.back());
    idle_.pop_back();
    if (now - one.since < options_.idle_limit && one.connection->Usable()) {
      return std::move(one.connection);
    }
    dropped.push_back(std::move(one));
  }
  return nullptr;
}

base::Result<std::unique_ptr<Connection>> ConnectionPool::Take(base::Deadline deadline) {
  std::vector<Idle> dropped;  // closed without the lock
  const base::MutexLock lock(mutex_);
  const std::uint64_t before = attempts_;
  while (true) {
    if (stopping_) return base::Unavailable("the pool of connections to Redis is closed");
    if (auto connection = TakeIdle(dropped)) {
      ++in_use_;
      Show();
      return connection;
    }
    // An attempt that began before this call says enough too, unless its pause is over.
    const bool pausing = failures_ > 0 && clock_.MonotonicNow() < next_try_;
    if (failure_ && in_use_ == 0 && connecting_ == 0 && (pausing || attempts_ > before)) {
      return *failure_;
    }
    ++waiting_;
    work_.NotifyOne();
    const bool in_time = changed_.WaitUntil(mutex_, deadline);
    --waiting_;
    if (!in_time && idle_.empty()) {
      return base::Error(base::ErrorCode::kDeadlineExceeded, "no connection to Redis in time");
    }
  }
}

void ConnectionPool::GiveBack(std::unique_ptr<Connection> connection) {
  const bool usable = !connection->broken();
  if (!usable) connection.reset();
  const base::MutexLock lock(mutex_);
  --in_use_;
  if (usable) {
    idle_.push_back({.connection = std::move(connection), .since = clock_.MonotonicNow()});
    changed_.NotifyOne();
  } else if (waiting_ > 0) {
    work_.NotifyOne();
    changed_.NotifyAll();  // who counted on it looks again
  }
  Show();
}

bool ConnectionPool::Wanted(base::Instant now) const {
  return waiting_ > idle_.size() && Open() < options_.max_connections && now >= next_try_;
}

// What the pool's thread does.
void ConnectionPool::Run() {
  while (AwaitWork()) {
    Land(Connection::Open(endpoint_, options_.limits, clock_,
                          base::Deadline::After(clock_, options_.connect_timeout)));
  }
}

bool ConnectionPool::AwaitWork() {
  const base::MutexLock lock(mutex_);
  while (!stopping_) {
    const base::Instant now = clock_.MonotonicNow();
    if (Wanted(now)) {
      ++connecting_;
      Show();
      return true;
    }
    const bool later = waiting_ > 0 && now < next_try_;
    work_.WaitUntil(mutex_, later ? base::Deadline::At(next_try_) : base::Deadline::Never());
  }
  return false;
}

void ConnectionPool::Land(base::Result<std::unique_ptr<Connection>> made) {
  const base::MutexLock lock(mutex_);
  --connecting_;
  ++attempts_;
  if (made.ok()) {
    if (failures_ > 0) {
      base::Log(base::LogLevel::kInfo, kModule, "Redis is reached again",
                {{"endpoint", endpoint_.ToString()}});
    }
    failures_ = 0;
    failure_.reset();
    next_try_ = base::Instant::min();
    idle_.push_back({.connection = *std::move(made), .since = clock_.MonotonicNow()});
  } else {
    Failed(made.error());
  }
  Show();
  changed_.NotifyAll();
}

// Full jitter: processes that lost one server at one moment do not come back at one moment.
void ConnectionPool::Failed(const base::Error& error) {
  constexpr int kMostDoublings = 16;
  metrics_.connect_failures.Add();
  if (failures_ == 0) {
    base::Log(base::LogLevel::kWarning, kModule, "Redis cannot be reached",
              {{"endpoint", endpoint_.ToString()}, {"error", error.ToString()}});
  }
  failures_ = std::min(failures_ + 1, kMostDoublings);
  failure_ = error;
  const auto longest = std::min<std::chrono::microseconds>(
      options_.longest_pause,
      std::chrono::microseconds(options_.first_pause) * (1 << (failures_ - 1)));
  std::uniform_int_distribution<std::int64_t> pause(1, longest.count());
  next_try_ = clock_.MonotonicNow() + std::chrono::microseconds(pause(random_));
}

void ConnectionPool::Show() const {
  metrics_.idle.Set(static_cast<double>(idle_.size()));
  metrics_.in_use.Set(static_cast<double>(in_use_));
  metrics_.connecting.Set(static_cast<double>(connecting_));
}

ConnectionPool::Counts ConnectionPool::counts() const {
  const base::MutexLock lock(mutex_);
  return {.idle = idle_.size(), .in_use = in_use_, .connecting = connecting_};
}

}  // namespace geoclimate::redis
