#include "geoclimate/resilience/retry.h"

#include <algorithm>
#include <cmath>

namespace geoclimate::resilience {
namespace {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): its state is a counter, so that threads share it
// by an addition.
constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;

std::uint64_t Mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

base::Result<void> RetryOptions::Validate() const {
  if (max_attempts == 0 || max_attempts > 100) {
    return base::InvalidArgument("max_attempts of a retry is from 1 to 100");
  }
  if (base < std::chrono::milliseconds(1) || cap < base || cap > std::chrono::hours(1)) {
    return base::InvalidArgument("a retry needs 1 ms <= base <= cap <= 1 h");
  }
  if (longest_asked_wait < std::chrono::milliseconds::zero()) {
    return base::InvalidArgument("the longest asked wait of a retry is not below zero");
  }
  return {};
}

bool IsRetriable(const base::Error& error, const Attempt& attempt) {
  return error.code() == base::ErrorCode::kUnavailable ||
         (error.code() == base::ErrorCode::kResourceExhausted && attempt.asked_wait().has_value());
}

RetryMetrics RetryMetrics::Add(telemetry::MetricRegistry& registry, std::string_view name) {
  const auto counter = [&](std::string_view outcome) {
    return registry.AddCounter("retries_total", "Attempts after the first, and why there was none",
                               {{"name", name}, {"outcome", outcome}});
  };
  return {.succeeded = counter("succeeded"),
          .failed = counter("failed"),
          .exhausted = counter("exhausted"),
          .over_budget = counter("over_budget"),
          .out_of_time = counter("out_of_time"),
          .stopped = counter("stopped")};
}

Retry::Retry(const RetryOptions& options, RetryBudget& budget, const base::Clock& clock,
             Sleeper& sleeper, std::uint64_t seed, RetryMetrics metrics, Policy policy)
    : options_(options),
      budget_(budget),
      clock_(clock),
      sleeper_(sleeper),
      metrics_(metrics),
      policy_(std::move(policy)),
      random_(seed) {}

std::chrono::nanoseconds Retry::BackOff(std::uint32_t number) {
  // In floating point, which does not overflow.
  const double grown = static_cast<double>(std::chrono::nanoseconds(options_.base).count()) *
                       std::exp2(number > 0 ? number - 1 : 0);
  const std::chrono::nanoseconds most(static_cast<std::int64_t>(
      std::min(grown, static_cast<double>(std::chrono::nanoseconds(options_.cap).count()))));
  if (options_.jitter == Jitter::kNone) return most;
  const std::uint64_t drawn = Mix(random_.fetch_add(kGamma, std::memory_order_relaxed) + kGamma);
  // 53 bits, as many as a double holds.
  const double share = static_cast<double>(drawn >> 11) * 0x1p-53;
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(share * static_cast<double>(most.count())));
}

bool Retry::WaitBeforeNext(const Attempt& attempt, const base::Error& error) {
  if (!policy_(error, attempt)) return false;
  if (attempt.number() >= options_.max_attempts) {
    metrics_.exhausted.Add();
    return false;
  }
  std::chrono::nanoseconds wait = BackOff(attempt.number());
  if (const auto asked = attempt.asked_wait(); asked.has_value()) {
    if (*asked > options_.longest_asked_wait) {
      metrics_.out_of_time.Add();
      return false;
    }
    // Jitter on top, never below what was asked for.
    wait += *asked;
  }
  if (wait >= attempt.deadline().Remaining(clock_)) {
    metrics_.out_of_time.Add();
    return false;
  }
  if (!budget_.TryWithdraw()) {
    metrics_.over_budget.Add();
    return false;
  }
  if (!sleeper_.Sleep(wait)) {
    metrics_.stopped.Add();
    return false;
  }
  return true;
}

}  // namespace geoclimate::resilience
