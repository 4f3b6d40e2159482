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
    : pool_(other.pool_),
      connection_(std::move(other.connection_)),
      permit_(std::move(other.permit_)) {}

Lease::~Lease() {
  if (connection_ == nullptr) return;
  if (permit_) connection_->broken() ? permit_->Failed() : permit_->Succeeded();
  pool_->GiveBack(std::move(connection_));
}

Pool::Pool(const Target& target, const PostgresPoolOptions& options,
           const ConnectionOptions& connection, QueryLog& log, const PostgresSurroundings& around)
    : target_(target),
      options_(options),
      connection_options_(connection),
      log_(log),
      breaker_(around.breaker) {
  telemetry::MetricRegistry* const metrics = around.metrics;
  if (metrics == nullptr) return;
  shown_idle_ = metrics->AddGauge(kMetric, kHelp, {{"state", "idle"}});
  shown_in_use_ = metrics->AddGauge(kMetric, kHelp, {{"state", "in_use"}});
  metrics->AddGauge(kMetric, kHelp, {{"state", "max"}}).Set(static_cast<double>(options.max_size));
}

Result<std::unique_ptr<Pool>> Pool::Open(const Target& target, const PostgresPoolOptions& options,
                                         const ConnectionOptions& connection, QueryLog& log,
                                         const PostgresSurroundings& around) {
  std::unique_ptr<Pool> pool(new Pool(target, options, connection, log, around));
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
  std::optional<resilience::CallPermit> permit;
  if (breaker_ != nullptr) {
    permit = breaker_->TryAcquire();
    if (!permit) return breaker_->Refusal();
  }
  const Deadline deadline =
      Deadline::At(std::chrono::steady_clock::now() + options_.acquire_timeout);
  GC_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakePlace(deadline));
  if (connection != nullptr && connection->LooksAlive()) {
    return Lease(this, std::move(connection), std::move(permit));
  }
  // It has gone while it lay here.
  connection.reset();
  Result<std::unique_ptr<Connection>> opened = OpenConnection(deadline);
  if (!opened.ok()) {
    if (permit) permit->Failed();
    GivePlaceBack();
    return opened.error();
  }
  return Lease(this, *std::move(opened), std::move(permit));
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
  return {idle_.size(), in_use_, waiters_.size()};
}

// The one longest unused of those that were not tried since `before`, in a place of its own as if
// it were in use.
std::optional<Pool::Idle> Pool::TakeOldest(base::Instant before) {
  const base::MutexLock lock(mutex_);
  if (stopping_) return std::nullopt;
  const auto found =
      std::ranges::find_if(idle_, [before](const Idle& idle) { return idle.checked < before; });
  if (found == idle_.end()) return std::nullopt;
  Idle oldest = std::move(*found);
  idle_.erase(found);
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
      // To its old place: one that is not used comes to its limit.
      const auto place = std::ranges::upper_bound(idle_, idle->since, {}, &Idle::since);
      idle_.insert(place, *std::move(idle));
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
