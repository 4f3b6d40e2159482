#include "geoclimate/store/postgres/pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "geoclimate/base/log.h"

namespace geoclimate::store::postgres {
namespace {

using base::Deadline;
using base::Result;

constexpr std::string_view kMetric = "database_connections";
constexpr std::string_view kHelp = "Open connections to the database";

}  // namespace

Lease::Lease(Lease&& other) noexcept
    : pool_(other.pool_), connection_(std::move(other.connection_)) {}

Lease::~Lease() {
  if (connection_ != nullptr) pool_->GiveBack(std::move(connection_));
}

Pool::Pool(const Target& target, const PostgresPoolOptions& options,
           const ConnectionOptions& connection, QueryLog& log, telemetry::MetricRegistry* metrics)
    : target_(target), options_(options), connection_options_(connection), log_(log) {
  if (metrics == nullptr) return;
  shown_idle_ = metrics->AddGauge(kMetric, kHelp, {{"state", "idle"}});
  shown_in_use_ = metrics->AddGauge(kMetric, kHelp, {{"state", "in_use"}});
  metrics->AddGauge(kMetric, kHelp, {{"state", "max"}}).Set(static_cast<double>(options.max_size));
}

Result<std::unique_ptr<Pool>> Pool::Open(const Target& target, const PostgresPoolOptions& options,
                                         const ConnectionOptions& connection, QueryLog& log,
                                         telemetry::MetricRegistry* metrics) {
  std::unique_ptr<Pool> pool(new Pool(target, options, connection, log, metrics));
  GC_ASSIGN_OR_RETURN(const Lease first, pool->Acquire());
  pool->thread_ = std::thread([&self = *pool] { self.Run(); });
  return pool;
}

Pool::~Pool() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

Result<std::unique_ptr<Connection>> Pool::OpenConnection(Deadline deadline) {
  opened_.fetch_add(1, std::memory_order_relaxed);
  return Connection::Open(target_, connection_options_, &log_, deadline);
}

void Pool::WakeFirst() {
  if (!waiters_.empty()) waiters_.front()->turn.NotifyOne();
}

void Pool::ShowSize() {
  shown_idle_.Set(static_cast<double>(idle_.size()));
  shown_in_use_.Set(static_cast<double>(in_use_));
}

Result<std::unique_ptr<Connection>> Pool::TakePlace(Deadline deadline) {
  const base::MutexLock lock(mutex_);
  Waiter self;
  waiters_.push_back(&self);
  bool in_time = true;
  while (waiters_.front() != &self || in_use_ >= options_.max_size) {
    if (!in_time) {
      std::erase(waiters_, &self);
      WakeFirst();
      return base::Unavailable(
          fmt::format("{}: all {} connections were in use for {} ms: raise database.pool.max_size, "
                      "or try again",
                      target_.name(), options_.max_size, options_.acquire_timeout.count()));
    }
    in_time = self.turn.WaitUntil(mutex_, deadline);
  }
  waiters_.pop_front();
  ++in_use_;
  std::unique_ptr<Connection> connection;
  if (!idle_.empty()) {
    connection = std::move(idle_.back().connection);
    idle_.pop_back();
  }
  ShowSize();
  WakeFirst();
  return connection;
}

void Pool::GivePlaceBack() {
  const base::MutexLock lock(mutex_);
  --in_use_;
  ShowSize();
  WakeFirst();
}

Result<Lease> Pool::Acquire() {
  const Deadline deadline =
      Deadline::At(std::chrono::steady_clock::now() + options_.acquire_timeout);
  GC_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakePlace(deadline));
  if (connection != nullptr && connection->LooksAlive()) return Lease(this, std::move(connection));
  // It has gone while it lay here.
  connection.reset();
  Result<std::unique_ptr<Connection>> opened = OpenConnection(deadline);
  if (!opened.ok()) {
    GivePlaceBack();
    return opened.error();
  }
  return Lease(this, *std::move(opened));
}

void Pool::GiveBack(std::unique_ptr<Connection> connection) {
  if (connection->idle()) connection->LogSlowQueries();
  const bool good = connection->idle();
  // A connection is closed without the lock: it says good-bye.
  if (!good) connection.reset();
  const base::MutexLock lock(mutex_);
  --in_use_;
  const base::Instant now = std::chrono::steady_clock::now();
  if (good) idle_.push_back({.connection = std::move(connection), .since = now, .checked = now});
  ShowSize();
  WakeFirst();
}

Pool::Size Pool::size() const {
  const base::MutexLock lock(mutex_);
  return {idle_.size(), in_use_};
}

// The oldest, in a place of its own as if it were in use. Null when there is none from before
// `before`.
std::optional<Pool::Idle> Pool::TakeOldest(base::Instant before) {
  const base::MutexLock lock(mutex_);
  if (stopping_ || idle_.empty() || idle_.front().checked >= before) return std::nullopt;
  Idle oldest = std::move(idle_.front());
  idle_.erase(idle_.begin());
  ++in_use_;
  return oldest;
}

void Pool::CheckHealth() {
  const base::Instant begin = std::chrono::steady_clock::now();
  while (std::optional<Idle> idle = TakeOldest(begin)) {
    const Size now = size();
    const bool wanted =
        now.idle + now.in_use <= options_.min_size || begin - idle->since < options_.idle_limit;
    const bool answers = wanted && idle->connection->LooksAlive() && idle->connection->Ping();
    if (!answers) idle->connection.reset();
    std::vector<Idle> dropped;
    const base::MutexLock lock(mutex_);
    --in_use_;
    if (answers) {
      idle->checked = std::chrono::steady_clock::now();
      idle_.insert(idle_.begin(), *std::move(idle));
      std::rotate(idle_.begin(), idle_.begin() + 1, idle_.end());
    } else if (wanted) {
      // The server has gone or hangs: what else lies here is of the same server.
      dropped = std::exchange(idle_, {});
    }
    ShowSize();
    WakeFirst();
  }
  KeepMinimum();
}

void Pool::KeepMinimum() {
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      if (stopping_ || idle_.size() + in_use_ >= options_.min_size) return;
      ++in_use_;
    }
    auto opened =
        OpenConnection(Deadline::At(std::chrono::steady_clock::now() + options_.acquire_timeout));
    if (!opened.ok()) {
      GivePlaceBack();
      base::Log(base::LogLevel::kWarning, "store", "the database cannot be reached",
                {{"error", opened.error().message()}});
      return;
    }
    GiveBack(*std::move(opened));
  }
}

void Pool::Run() {
  while (true) {
    {
      const base::MutexLock lock(mutex_);
      const Deadline next =
          Deadline::At(std::chrono::steady_clock::now() + options_.health_check_interval);
      while (!stopping_ && stop_.WaitUntil(mutex_, next)) {
      }
      if (stopping_) return;
    }
    CheckHealth();
  }
}

}  // namespace geoclimate::store::postgres
