#include "geoclimate/access/token_leases.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/base/log.h"
#include "geoclimate/telemetry/trace_context.h"

namespace geoclimate::access {
namespace {

constexpr std::size_t kMostAtOnce = 256;
constexpr std::size_t kNumbersOfAnAnswer = 3;
constexpr std::string_view kPresenceKey = "geoclimate:rate:replicas";

// For each key: microseconds a token takes, the burst, tokens that were spent already (negative:
// that come back), and tokens wanted. The value is when the bucket is full again, in microseconds
// of the server's clock, as TokenBucket keeps it. Gives what is granted, what is left, and how
// long until the next token.
constexpr std::string_view kLease = R"(
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local answers = {}
for i = 1, #KEYS do
  local at = (i - 1) * 4
  local per, burst = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local spent, wanted = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local full = math.max(tonumber(redis.call('GET', KEYS[i]) or 0) or 0, now)
  full = math.max(full + spent * per, now)
  local left = burst - (full - now) / per
  local granted = math.max(0, math.min(wanted, math.floor(left + 0.000001)))
  full = full + granted * per
  left = left - granted
  if full > now then
    redis.call('SET', KEYS[i], string.format('%.3f', full), 'PX', math.ceil((full - now) / 1000) + 1000)
  else
    redis.call('DEL', KEYS[i])
  end
  answers[#answers + 1] = granted
  answers[#answers + 1] = math.floor(math.max(0, left) + 0.000001)
  answers[#answers + 1] = math.ceil(math.max(0, (1 - left) * per))
end
return answers)";

// How many processes have said within ten seconds that they are there.
constexpr std::string_view kPresence = R"(
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 10)
redis.call('EXPIRE', KEYS[1], 60)
return redis.call('ZCARD', KEYS[1]))";

base::Result<void> CheckNumbers(std::span<const redis::Reply> replies, std::size_t count) {
  const redis::Reply& reply = replies[0];
  if (reply.is_error()) {
    return base::Unavailable(fmt::format("Redis refuses the script: {}", reply.ErrorKind()));
  }
  const bool fits = reply.type == redis::Reply::Type::kArray && reply.elements.size() == count &&
                    std::ranges::all_of(reply.elements, [](const redis::Reply& number) {
                      return number.type == redis::Reply::Type::kInteger && number.integer >= 0;
                    });
  if (!fits) return base::DataLoss("the answer of Redis is no list of numbers");
  return {};
}

base::Result<void> CheckCount(std::span<const redis::Reply> replies) {
  const redis::Reply& reply = replies[0];
  if (reply.is_error()) {
    return base::Unavailable(fmt::format("Redis refuses the script: {}", reply.ErrorKind()));
  }
  constexpr std::int64_t kMost = 100'000;
  if (reply.type == redis::Reply::Type::kInteger && reply.integer >= 1 && reply.integer <= kMost) {
    return {};
  }
  return base::DataLoss("the answer of Redis is no number of processes");
}

}  // namespace

TokenLeases::Metrics TokenLeases::MakeMetrics(telemetry::MetricRegistry& metrics) {
  const auto leases = [&](std::string_view outcome) {
    return metrics.AddCounter("rate_limit_leases_total",
                              "Blocks of tokens that were asked for at the shared limits",
                              {{"outcome", outcome}});
  };
  return {.granted = leases("granted"),
          .none = leases("none"),
          .failed = leases("failed"),
          .replicas = metrics.AddGauge("rate_limit_replicas", "Processes that share the limits"),
          .shared = metrics.AddGauge("rate_limit_shared",
                                     "1 while limits are shared, 0 while each keeps to its part")};
}

TokenLeases::TokenLeases(redis::ConnectionPool& pool, resilience::CircuitBreaker& breaker,
                         const base::Clock& clock, telemetry::MetricRegistry& metrics,
                         const TokenLeaseOptions& options)
    : pool_(pool),
      breaker_(breaker),
      clock_(clock),
      options_(options),
      metrics_(MakeMetrics(metrics)),
      name_(fmt::format("{:016x}{:016x}", telemetry::RandomId(), telemetry::RandomId())),
      say_present_at_(clock.MonotonicNow()),
      look_at_(clock.MonotonicNow() + options.idle_time),
      thread_([this] { Run(); }) {}

TokenLeases::~TokenLeases() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
    asked_.NotifyAll();
  }
  thread_.join();
}

void TokenLeases::Enqueue(std::shared_ptr<LeasedBucket> bucket) {
  {
    const base::MutexLock lock(mutex_);
    if (!stopping_ && queue_.size() < options_.most_waiting) {
      // The thread takes all that is there: only the first has to wake it.
      if (queue_.empty()) asked_.NotifyOne();
      queue_.push_back(std::move(bucket));
      return;
    }
  }
  metrics_.failed.Add();
  bucket->Forget();
}

bool TokenLeases::Stopping() {
  const base::MutexLock lock(mutex_);
  return stopping_;
}

std::vector<TokenLeases::Question> TokenLeases::NextQuestions() {
  std::vector<std::shared_ptr<LeasedBucket>> asking;
  {
    const base::Deadline until = base::Deadline::At(std::min(say_present_at_, look_at_));
    const base::MutexLock lock(mutex_);
    while (!stopping_ && queue_.empty() && asked_.WaitUntil(mutex_, until)) {
    }
    const auto some = static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMostAtOnce));
    asking.assign(queue_.begin(), queue_.begin() + some);
    queue_.erase(queue_.begin(), queue_.begin() + some);
  }
  std::vector<Question> questions;
  questions.reserve(asking.size());
  for (std::shared_ptr<LeasedBucket>& bucket : asking) {
    const LeasedBucket::Demand demand = bucket->TakeDemand();
    questions.push_back({std::move(bucket), demand});
  }
  return questions;
}

void TokenLeases::Run() {
  while (!Stopping()) {
    std::vector<Question> questions = NextQuestions();
    if (!questions.empty()) Exchange(questions);
    const base::Instant now = clock_.MonotonicNow();
    if (now >= say_present_at_) SayPresent();
    if (now >= look_at_) GiveIdleBack();
  }
}

base::Result<std::vector<redis::Reply>> TokenLeases::Send(
    const redis::CommandBatch& batch, const redis::ConnectionPool::Check& check) {
  const auto deadline = base::Deadline::After(clock_, options_.answer_timeout);
  auto replies = breaker_.Run([&] { return pool_.Exchange(batch, deadline, check); });
  SetReachable(replies.ok());
  return replies;
}

void TokenLeases::SetReachable(bool reachable) {
  metrics_.shared.Set(reachable ? 1 : 0);
  if (reachable_.exchange(reachable, std::memory_order_relaxed) == reachable) return;
  base::Log(base::LogLevel::kInfo, "access",
            reachable ? "limits of rate are shared" : "each process keeps to its part of the rates",
            {{"replicas", fmt::format("{}", replicas())}});
}

void TokenLeases::SayPresent() {
  redis::CommandBatch batch;
  batch.Add({"EVAL", kPresence, "1", kPresenceKey, name_});
  const auto replies = Send(batch, &CheckCount);
  constexpr int kSooner = 3;
  say_present_at_ = clock_.MonotonicNow() + (replies.ok() ? options_.presence_interval
                                                          : options_.presence_interval / kSooner);
  if (!replies.ok()) return;
  replicas_.store((*replies)[0].integer, std::memory_order_relaxed);
  metrics_.replicas.Set(static_cast<double>(replicas()));
}

void TokenLeases::GiveIdleBack() {
  look_at_ = clock_.MonotonicNow() + options_.idle_time;
  std::vector<Question> back;
  std::erase_if(held_, [&back](const std::shared_ptr<LeasedBucket>& bucket) {
    if (bucket->used_.exchange(false, std::memory_order_relaxed)) return false;
    const LeasedBucket::Demand demand = bucket->TakeIdle();
    bucket->held_ = false;
    if (demand.settled != 0) back.push_back({bucket, demand});
    return true;
  });
  for (std::span<Question> rest = back; !rest.empty();) {
    const std::span<Question> some = rest.first(std::min(rest.size(), kMostAtOnce));
    std::vector<Question> part(some.begin(), some.end());
    Exchange(part);
    rest = rest.subspan(some.size());
  }
}

void TokenLeases::Exchange(std::vector<Question>& questions) {
  constexpr double kNanosecondsPerMicrosecond = 1e3;
  std::vector<std::string> texts;
  texts.reserve(4 * questions.size());
  for (const Question& question : questions) {
    const LeasedBucket& bucket = *question.bucket;
    texts.push_back(
        fmt::format("{:.9g}", bucket.nanoseconds_per_token_ / kNanosecondsPerMicrosecond));
    texts.push_back(fmt::format("{}", bucket.burst_));
    texts.push_back(fmt::format("{}", question.demand.settled));
    texts.push_back(fmt::format("{}", question.demand.wanted));
  }
  const std::string count = fmt::format("{}", questions.size());
  std::vector<std::string_view> words = {"EVAL", kLease, count};
  for (const Question& question : questions) words.push_back(question.bucket->key_);
  words.insert(words.end(), texts.begin(), texts.end());
  redis::CommandBatch batch;
  batch.Add(words);
  const auto replies = Send(batch, [&](std::span<const redis::Reply> all) {
    return CheckNumbers(all, kNumbersOfAnAnswer * questions.size());
  });
  if (!replies.ok()) {
    metrics_.failed.Add(questions.size());
    for (const Question& question : questions) question.bucket->Forget();
    return;
  }
  Answer(questions, (*replies)[0].elements);
}

void TokenLeases::Answer(std::span<Question> questions, std::span<const redis::Reply> numbers) {
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const std::shared_ptr<LeasedBucket>& bucket = questions[i].bucket;
    const LeasedBucket::Demand& demand = questions[i].demand;
    const auto number = [&](std::size_t k) { return numbers[kNumbersOfAnAnswer * i + k].integer; };
    // A year is as good as more.
    constexpr std::int64_t kLongest = std::int64_t{366} * 24 * 3600 * 1'000'000;
    const LeasedBucket::Grant grant{
        .tokens = std::min(number(0), demand.wanted),
        .left = std::min(number(1), bucket->burst_),
        .until_next = std::chrono::microseconds(std::min(number(2), kLongest))};
    bucket->Settle(demand, grant);
    (grant.tokens > 0 || demand.wanted == 0 ? metrics_.granted : metrics_.none).Add();
    if (grant.tokens > 0 && !bucket->held_) {
      bucket->held_ = true;
      held_.push_back(bucket);
    }
  }
}

}  // namespace geoclimate::access
