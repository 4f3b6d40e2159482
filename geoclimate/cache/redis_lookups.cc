#include "geoclimate/cache/redis_lookups.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "geoclimate/base/log.h"
#include "geoclimate/cache/tier_value.h"

namespace geoclimate::cache {
namespace {

using std::chrono::nanoseconds;
constexpr std::string_view kModule = "cache";

constexpr std::size_t kMostKeysAtOnce = 512;
constexpr std::chrono::seconds kPingEvery{1};
// While the breaker finds out whether the server is well.
constexpr std::chrono::milliseconds kPingSoon{100};
constexpr std::chrono::minutes kCompareEvery{10};
constexpr std::chrono::milliseconds kShortestLook{1};

base::Result<void> CheckValues(std::span<const redis::Reply> replies, std::size_t keys) {
  const redis::Reply& reply = replies[0];
  if (reply.is_error()) {
    return base::Unavailable(fmt::format("Redis refuses to look up: {}", reply.ErrorKind()));
  }
  const bool fits = reply.type == redis::Reply::Type::kArray && reply.elements.size() == keys &&
                    std::ranges::all_of(reply.elements, [](const redis::Reply& element) {
                      return element.is_nil() || element.is_string();
                    });
  if (!fits) return base::DataLoss("the answer of Redis to MGET is none");
  return {};
}

base::Result<void> CheckLeases(std::span<const redis::Reply> replies) {
  for (const redis::Reply& reply : replies) {
    if (!reply.is_nil() && !reply.IsStatus("OK") && !reply.is_error()) {
      return base::DataLoss("the answer of Redis to SET is none");
    }
  }
  return {};
}

// On the server beside the value, never in its place.
std::string LeaseKey(std::string_view key) {
  return fmt::format("{}:lease", key);
}

}  // namespace

RedisLookups::Metrics RedisLookups::MakeMetrics(telemetry::MetricRegistry& metrics) {
  const auto failures = [&](std::string_view reason) {
    return metrics.AddCounter("cache_tier_failures_total",
                              "Look-ups that were not answered, and values that were refused",
                              {{"tier", "redis"}, {"reason", reason}});
  };
  return {.format_faults = failures("format"),
          .length_faults = failures("length"),
          .checksum_faults = failures("checksum"),
          .late = failures("late"),
          .unavailable = failures("unavailable"),
          .overflow = failures("overflow"),
          .waited = metrics.AddCounter("cache_tier_waits_total",
                                       "Look-ups that waited for what another process computes",
                                       {{"tier", "redis"}}),
          .round_trip = metrics.AddGauge("cache_tier_round_trip_seconds",
                                         "From asking the tier to its answer, a moving average",
                                         {{"tier", "redis"}})};
}

RedisLookups::RedisLookups(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
                           const RedisTierOptions& options, const base::Clock& clock,
                           telemetry::MetricRegistry& metrics)
    : pool_(pool),
      breaker_(breaker),
      options_(options),
      clock_(clock),
      metrics_(MakeMetrics(metrics)),
      ping_at_(clock.MonotonicNow()),
      compare_at_(ping_at_),
      thread_([this] { Run(); }) {}

RedisLookups::~RedisLookups() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    asked_.NotifyAll();
  }
  thread_.join();
}

std::optional<nanoseconds> RedisLookups::round_trip() const {
  const auto ns = round_trip_ns_.load(std::memory_order_relaxed);
  return ns > 0 ? std::optional(nanoseconds(ns)) : std::nullopt;
}

void RedisLookups::Ask(TierQuestion question) {
  Pending pending;
  pending.answers.resize(question.keys.size());
  pending.question = std::move(question);
  // Half open too: what a probe takes is a PING's, not a caller's.
  if (breaker_.state() != resilience::BreakerState::kClosed) {
    metrics_.unavailable.Add();
    return Tell(pending);
  }
  pending.asked_at = clock_.MonotonicNow();
  pending.deadline =
      base::Deadline::At(pending.asked_at + options_.timeout).EarlierOf(pending.question.deadline);
  const std::size_t keys = pending.question.keys.size();
  {
    const base::MutexLock lock(mutex_);
    if (!stopping_ && queued_keys_ + keys <= options_.max_queued_keys) {
      queued_keys_ += keys;
      queue_.push_back(std::move(pending));
      asked_.NotifyOne();
      return;
    }
  }
  metrics_.overflow.Add();
  Tell(pending);
}

void RedisLookups::Run() {
  while (true) {
    std::vector<Pending> round = NextRound();
    if (Stopping()) {
      std::ranges::move(round, std::back_inserter(waiting_));
      break;
    }
    if (round.empty()) {
      Ping();
    } else {
      Serve(std::move(round));
    }
  }
  {
    const base::MutexLock lock(mutex_);
    std::ranges::move(queue_, std::back_inserter(waiting_));
    queue_.clear();
  }
  for (Pending& pending : waiting_) Tell(pending);
}

bool RedisLookups::Stopping() {
  const base::MutexLock lock(mutex_);
  return stopping_;
}

std::vector<RedisLookups::Pending> RedisLookups::NextRound() {
  std::vector<Pending> round;
  const base::MutexLock lock(mutex_);
  while (!stopping_) {
    const base::Instant now = clock_.MonotonicNow();
    const bool queued = TakeQueued(round);
    TakeWaiting(now, round);
    if (queued || !round.empty() || now >= ping_at_) break;
    asked_.WaitUntil(mutex_, base::Deadline::At(std::min(ping_at_, NextLook())));
  }
  return round;
}

bool RedisLookups::TakeQueued(std::vector<Pending>& round) {
  std::size_t keys = 0;
  while (!queue_.empty() && keys < kMostKeysAtOnce) {
    keys += queue_.front().question.keys.size();
    round.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_keys_ -= keys;
  return keys > 0;
}

void RedisLookups::TakeWaiting(base::Instant now, std::vector<Pending>& round) {
  const auto due = std::partition(waiting_.begin(), waiting_.end(),
                                  [now](const Pending& one) { return one.look_at > now; });
  round.insert(round.end(), std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
}

base::Instant RedisLookups::NextLook() const {
  base::Instant next = base::Instant::max();
  for (const Pending& pending : waiting_) next = std::min(next, pending.look_at);
  return next;
}

// Less than this is not worth asking in: it would be too late and cost the connection.
nanoseconds RedisLookups::LeastTime() const {
  constexpr int kShareOfTimeout = 8;
  const nanoseconds least = std::max<nanoseconds>(options_.timeout / kShareOfTimeout,
                                                  2 * round_trip().value_or(nanoseconds(0)));
  return std::min<nanoseconds>(least, options_.timeout / 2);
}

void RedisLookups::DropLate(std::vector<Pending>& round) {
  const base::Instant latest = clock_.MonotonicNow() + LeastTime();
  std::vector<Pending> in_time;
  in_time.reserve(round.size());
  for (Pending& pending : round) {
    if (pending.deadline.at() >= latest) {
      in_time.push_back(std::move(pending));
    } else {
      metrics_.late.Add();
      Tell(pending);
    }
  }
  round = std::move(in_time);
}

void RedisLookups::Serve(std::vector<Pending> round) {
  DropLate(round);
  if (round.empty()) return;
  ping_at_ = clock_.MonotonicNow() + kPingEvery;
  if (const auto looked_up = LookUp(round); !looked_up.ok()) {
    metrics_.unavailable.Add(round.size());
    for (Pending& pending : round) Tell(pending);
    if (breaker_.state() != resilience::BreakerState::kClosed) {
      ping_at_ = clock_.MonotonicNow() + kPingSoon;
    }
    return;
  }
  std::vector<Pending> missed;
  for (Pending& pending : round) {
    const bool known = pending.answers[0].state != TierAnswer::State::kUnknown;
    if (pending.question.lease.count() > 0 && !known) {
      missed.push_back(std::move(pending));
    } else {
      Tell(pending);
    }
  }
  if (!missed.empty()) static_cast<void>(Lead(std::move(missed)));
}

base::Result<void> RedisLookups::LookUp(std::vector<Pending>& round) {
  std::vector<std::string_view> words = {"MGET"};
  base::Deadline deadline = base::Deadline::Never();
  for (const Pending& pending : round) {
    words.insert(words.end(), pending.question.keys.begin(), pending.question.keys.end());
    deadline = deadline.EarlierOf(pending.deadline);
  }
  redis::CommandBatch batch;
  batch.Add(words);
  GC_ASSIGN_OR_RETURN(const std::vector<redis::Reply> replies,
                      Exchange(batch, deadline, [&](std::span<const redis::Reply> all) {
                        return CheckValues(all, words.size() - 1);
                      }));
  const base::Instant now = clock_.MonotonicNow();
  std::size_t next = 0;
  for (Pending& pending : round) {
    for (std::size_t i = 0; i < pending.question.keys.size(); ++i) {
      Read(pending, i, replies[0].elements[next++]);
    }
    // Not of one that waited for another process.
    if (pending.look_at == base::Instant()) Measure(now - pending.asked_at);
  }
  return {};
}

void RedisLookups::Read(Pending& pending, std::size_t index, const redis::Reply& reply) {
  if (reply.is_nil()) return;
  const auto decoded = DecodeTierValue(pending.question.keys[index], reply.text);
  if (const auto* fault = std::get_if<TierValueFault>(&decoded)) {
    switch (*fault) {
      case TierValueFault::kFormat:
        return metrics_.format_faults.Add();
      case TierValueFault::kLength:
        return metrics_.length_faults.Add();
      case TierValueFault::kChecksum:
        return metrics_.checksum_faults.Add();
    }
  }
  const auto& value = std::get<TierValue>(decoded);
  TierAnswer& answer = pending.answers[index];
  answer.state =
      value.kind == TierValueKind::kAbsent ? TierAnswer::State::kAbsent : TierAnswer::State::kFound;
  answer.bytes = value.bytes;
}

// A leader that dies leaves a lease that runs out; who waits takes it then, or gives up at his own
// deadline. Nobody ever takes a lease away.
base::Result<void> RedisLookups::Lead(std::vector<Pending> missed) {
  redis::CommandBatch batch;
  base::Deadline deadline = base::Deadline::Never();
  for (const Pending& pending : missed) {
    const std::string milliseconds = fmt::format("{}", pending.question.lease.count());
    batch.Add({"SET", LeaseKey(pending.question.keys[0]), "1", "NX", "PX", milliseconds});
    deadline = deadline.EarlierOf(pending.deadline);
  }
  const auto replies = Exchange(batch, deadline, &CheckLeases);
  for (std::size_t i = 0; i < missed.size(); ++i) {
    // A server that takes no lease, as it is full, leaves everybody to himself.
    const bool another = replies.ok() && (*replies)[i].is_nil();
    if (another) {
      Wait(std::move(missed[i]));
    } else {
      Tell(missed[i]);
    }
  }
  return replies.ok() ? base::Result<void>() : base::Result<void>(replies.error());
}

void RedisLookups::Wait(Pending pending) {
  const nanoseconds pause =
      std::max<nanoseconds>(kShortestLook, round_trip().value_or(nanoseconds(0)));
  const base::Instant look_at = clock_.MonotonicNow() + pause;
  if (look_at + LeastTime() > pending.deadline.at()) return Tell(pending);
  if (pending.look_at == base::Instant()) metrics_.waited.Add();
  pending.look_at = look_at;
  waiting_.push_back(std::move(pending));
}

void RedisLookups::Ping() {
  const bool well = breaker_.state() == resilience::BreakerState::kClosed;
  const base::Instant now = clock_.MonotonicNow();
  ping_at_ = now + (well ? nanoseconds(kPingEvery) : nanoseconds(kPingSoon));
  redis::CommandBatch batch;
  batch.Add({"PING"});
  const auto replies = Exchange(batch, base::Deadline::At(now + options_.timeout),
                                [](std::span<const redis::Reply> all) -> base::Result<void> {
                                  if (all[0].IsStatus("PONG")) return {};
                                  return base::Unavailable("Redis is not ready");
                                });
  if (!replies.ok()) return;
  Measure(clock_.MonotonicNow() - now);
  if (now >= compare_at_) CompareExpectation();
}

void RedisLookups::CompareExpectation() {
  if (options_.expect.max_memory == 0 && options_.expect.eviction_policy.empty()) return;
  redis::CommandBatch batch;
  batch.Add({"INFO", "memory"});
  const auto replies = Exchange(batch, base::Deadline::After(clock_, options_.timeout),
                                redis::ConnectionPool::Check());
  if (!replies.ok() || !(*replies)[0].is_string()) return;
  compare_at_ = clock_.MonotonicNow() + kCompareEvery;
  std::vector<std::string> differences = Differences(options_.expect, (*replies)[0].text);
  if (differences == differences_) return;
  differences_ = std::move(differences);
  if (differences_.empty()) return;
  base::Log(base::LogLevel::kWarning, kModule, "Redis is not set up as caching.redis.expect says",
            {{"differences", fmt::format("{}", fmt::join(differences_, "; "))}});
}

base::Result<std::vector<redis::Reply>> RedisLookups::Exchange(
    const redis::CommandBatch& batch, base::Deadline deadline,
    const redis::ConnectionPool::Check& check) {
  return breaker_.Run([&] { return pool_.Exchange(batch, deadline, check); });
}

void RedisLookups::Measure(nanoseconds took) {
  constexpr std::int64_t kWeight = 8;
  const std::int64_t before = round_trip_ns_.load(std::memory_order_relaxed);
  const std::int64_t sample = std::max<std::int64_t>(took.count(), 1);
  const std::int64_t after = before == 0 ? sample : before + (sample - before) / kWeight;
  round_trip_ns_.store(std::max<std::int64_t>(after, 1), std::memory_order_relaxed);
  metrics_.round_trip.Set(static_cast<double>(after) * 1e-9);
}

}  // namespace geoclimate::cache
