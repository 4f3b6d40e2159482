#include "geoclimate/cache/redis_writes.h"

#include <utility>

namespace geoclimate::cache {
namespace {

constexpr std::size_t kMostCommandsAtOnce = 512;
constexpr std::size_t kMostBytesAtOnce = std::size_t{256} << 10;
constexpr std::chrono::seconds kPauseWhenFull{1};

}  // namespace

RedisWrites::Metrics RedisWrites::MakeMetrics(telemetry::MetricRegistry& metrics) {
  const auto dropped = [&](std::string_view reason) {
    return metrics.AddCounter("cache_dropped_writes_total", "Commands that changed nothing",
                              {{"tier", "redis"}, {"reason", reason}});
  };
  return {.written = metrics.AddCounter("cache_writes_total", "Commands that the tier followed",
                                        {{"tier", "redis"}}),
          .full = dropped("queue"),
          .unavailable = dropped("unavailable"),
          .refused = dropped("refused")};
}

RedisWrites::RedisWrites(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
                         const RedisTierOptions& options, const base::Clock& clock,
                         telemetry::MetricRegistry& metrics)
    : pool_(pool),
      breaker_(breaker),
      options_(options),
      clock_(clock),
      metrics_(MakeMetrics(metrics)),
      thread_([this] { Run(); }) {}

RedisWrites::~RedisWrites() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    posted_.NotifyAll();
  }
  thread_.join();
}

bool RedisWrites::Open() const {
  if (breaker_.state() != resilience::BreakerState::kClosed) return false;
  const base::MutexLock lock(mutex_);
  return !stopping_ && clock_.MonotonicNow() >= closed_until_ &&
         queued_bytes_ < options_.max_queued_bytes;
}

void RedisWrites::Post(redis::CommandBatch commands) {
  const std::size_t count = commands.size();
  // A breaker that is half open spends its probes on look-ups.
  if (breaker_.state() != resilience::BreakerState::kClosed) {
    return metrics_.unavailable.Add(count);
  }
  const std::size_t bytes = commands.bytes().size();
  {
    const base::MutexLock lock(mutex_);
    if (!stopping_ && clock_.MonotonicNow() >= closed_until_ &&
        queued_bytes_ + bytes <= options_.max_queued_bytes) {
      queued_bytes_ += bytes;
      queue_.push_back(std::move(commands));
      posted_.NotifyOne();
      return;
    }
  }
  metrics_.full.Add(count);
}

void RedisWrites::Run() {
  while (true) {
    const redis::CommandBatch batch = NextBatch();
    if (batch.empty()) return;
    Send(batch);
  }
}

// Empty when it is time to end.
redis::CommandBatch RedisWrites::NextBatch() {
  redis::CommandBatch batch;
  const base::MutexLock lock(mutex_);
  while (!stopping_ && queue_.empty()) posted_.WaitUntil(mutex_, base::Deadline::Never());
  if (stopping_) return batch;
  while (!queue_.empty() && batch.size() < kMostCommandsAtOnce &&
         batch.bytes().size() < kMostBytesAtOnce) {
    queued_bytes_ -= queue_.front().bytes().size();
    batch.Append(queue_.front());
    queue_.pop_front();
  }
  return batch;
}

void RedisWrites::Send(const redis::CommandBatch& batch) {
  const auto deadline = base::Deadline::After(clock_, options_.write_timeout);
  const auto replies = breaker_.Run([&] { return pool_.Exchange(batch, deadline); });
  if (replies.ok()) return Count(*replies);
  metrics_.unavailable.Add(batch.size());
}

void RedisWrites::Count(std::span<const redis::Reply> replies) {
  std::size_t refused = 0;
  bool full = false;
  for (const redis::Reply& reply : replies) {
    if (!reply.is_error()) continue;
    ++refused;
    full = full || reply.ErrorKind() == "OOM";
  }
  metrics_.refused.Add(refused);
  metrics_.written.Add(replies.size() - refused);
  if (!full) return;
  const base::MutexLock lock(mutex_);
  closed_until_ = clock_.MonotonicNow() + kPauseWhenFull;
}

}  // namespace geoclimate::cache
