#include "geoclimate/resilience/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace geoclimate::resilience {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;

std::int64_t Nanoseconds(base::Instant instant) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(instant.time_since_epoch()).count();
}

}  // namespace

base::Result<void> TokenBucketOptions::Validate() const {
  if (!(per_second >= 1e-6 && per_second <= 1e9)) {
    return base::InvalidArgument(
        "the rate of a token bucket must lie between 1e-6 and 1e9 a second");
  }
  if (!(burst >= 1 && burst <= 1e9)) {
    return base::InvalidArgument("the burst of a token bucket must lie between 1 and 1e9");
  }
  // The moment of being full must fit the clock's own word.
  if (burst / per_second > 1e9) {
    return base::InvalidArgument("a token bucket must be able to fill within thirty years");
  }
  return {};
}

TokenBucket::TokenBucket(const TokenBucketOptions& options, const base::Clock& clock)
    : nanoseconds_per_token_(kNanosecondsPerSecond / options.per_second),
      burst_(std::llround(options.burst * nanoseconds_per_token_)),
      clock_(clock),
      full_at_(Nanoseconds(clock.MonotonicNow())) {}

std::int64_t TokenBucket::Now() const {
  return Nanoseconds(clock_.MonotonicNow());
}

std::int64_t TokenBucket::Cost(std::uint32_t tokens) const {
  const double cost = std::min(tokens * nanoseconds_per_token_, 4e18);
  return std::llround(cost);
}

bool TokenBucket::TryTake(std::uint32_t tokens) {
  const std::int64_t cost = Cost(tokens);
  if (cost > burst_) return false;
  const std::int64_t now = Now();
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  std::int64_t then = 0;
  do {
    then = std::max(full_at, now) + cost;
    if (then - now > burst_) return false;
  } while (!full_at_.compare_exchange_weak(full_at, then, std::memory_order_relaxed));
  return true;
}

void TokenBucket::Charge(std::uint32_t tokens) {
  // A year of debt is as good as more, and cannot overflow the word.
  constexpr std::int64_t kMostDebt = std::int64_t{366} * 24 * 3600 * 1'000'000'000;
  const std::int64_t now = Now();
  const std::int64_t cost = Cost(tokens);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  std::int64_t then = 0;
  do {
    const std::int64_t from = std::max(full_at, now);
    then = from + std::min(cost, std::max<std::int64_t>(0, now + kMostDebt - from));
  } while (!full_at_.compare_exchange_weak(full_at, then, std::memory_order_relaxed));
}

void TokenBucket::Return(std::uint32_t tokens) {
  full_at_.fetch_sub(Cost(tokens), std::memory_order_relaxed);
}

std::chrono::nanoseconds TokenBucket::UntilAvailable(std::uint32_t tokens) const {
  const std::int64_t cost = Cost(tokens);
  if (cost > burst_) return std::chrono::nanoseconds::max();
  const std::int64_t now = Now();
  const std::int64_t then = std::max(full_at_.load(std::memory_order_relaxed), now) + cost;
  return std::chrono::nanoseconds(std::max<std::int64_t>(0, then - now - burst_));
}

std::uint64_t TokenBucket::available() const {
  const std::int64_t now = Now();
  const std::int64_t missing =
      std::max<std::int64_t>(0, full_at_.load(std::memory_order_relaxed) - now);
  const std::int64_t left = burst_ - missing;
  if (left <= 0) return 0;
  // What rounding took from a whole token must not cost the token.
  return static_cast<std::uint64_t>((static_cast<double>(left) + 1) / nanoseconds_per_token_);
}

void TokenBucket::HoldUntil(base::Instant moment) {
  const std::int64_t full_at = Nanoseconds(moment) + burst_ - Cost(1);
  std::int64_t seen = full_at_.load(std::memory_order_relaxed);
  while (seen < full_at &&
         !full_at_.compare_exchange_weak(seen, full_at, std::memory_order_relaxed)) {
  }
}

}  // namespace geoclimate::resilience
