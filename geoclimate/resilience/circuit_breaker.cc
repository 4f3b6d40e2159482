#include "geoclimate/resilience/circuit_breaker.h"

#include <algorithm>

#include <fmt/format.h>

namespace geoclimate::resilience {
namespace {

// The four counts of HALF_OPEN.
struct Probes {
  std::uint32_t admitted = 0;
  std::uint32_t reported = 0;
  std::uint32_t failed = 0;
  std::uint32_t slow = 0;

  static Probes Of(std::uint64_t payload) {
    const auto byte = [payload](int i) {
      return static_cast<std::uint32_t>((payload >> (8 * i)) & 0xff);
    };
    return {byte(0), byte(1), byte(2), byte(3)};
  }
  std::uint64_t payload() const {
    return admitted | (std::uint64_t{reported} << 8) | (std::uint64_t{failed} << 16) |
           (std::uint64_t{slow} << 24);
  }
};

bool IsRate(double rate) {
  return rate > 0 && rate <= 1;
}

}  // namespace

std::string_view BreakerStateName(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kHalfOpen:
      return "half_open";
    case BreakerState::kOpen:
      return "open";
  }
  return "unknown";
}

base::Result<void> CircuitBreakerOptions::Validate() const {
  if (!IsRate(failure_rate) || !IsRate(slow_call_rate)) {
    return base::InvalidArgument("the rates of a circuit breaker must lie above 0 and up to 1");
  }
  if (window_time != std::chrono::nanoseconds::zero()) {
    if (window_time < std::chrono::seconds(1) || window_time > std::chrono::hours(24)) {
      return base::InvalidArgument("the window of a circuit breaker lasts from 1 s to 24 h");
    }
  } else if (window_calls == 0 || window_calls > 1'000'000 || min_calls > window_calls) {
    return base::InvalidArgument(
        "the window of a circuit breaker holds min_calls to 1 000 000 calls");
  }
  if (min_calls == 0) return base::InvalidArgument("min_calls of a circuit breaker is at least 1");
  if (half_open_probes == 0 || half_open_probes > 255) {
    return base::InvalidArgument("half_open_probes of a circuit breaker is from 1 to 255");
  }
  if (open_time < std::chrono::milliseconds(1) || probe_time < std::chrono::milliseconds(1) ||
      slow_call < std::chrono::nanoseconds::zero()) {
    return base::InvalidArgument("the times of a circuit breaker are at least 1 ms");
  }
  return {};
}

void CallPermit::Report(std::chrono::nanoseconds took, bool failed) {
  if (breaker_ == nullptr) return;
  const auto slow_call = breaker_->options_.slow_call;
  const bool slow = slow_call != std::chrono::nanoseconds::zero() && took >= slow_call;
  CallOutcome outcome = failed ? CallOutcome::kFailed : CallOutcome::kSucceeded;
  if (slow) outcome = failed ? CallOutcome::kFailedSlow : CallOutcome::kSlow;
  std::exchange(breaker_, nullptr)->Report(generation_, outcome);
}

CircuitBreaker::CircuitBreaker(std::string name, const CircuitBreakerOptions& options,
                               const base::Clock& clock, Listener listener)
    : name_(std::move(name)),
      options_(options),
      clock_(clock),
      listener_(std::move(listener)),
      origin_(clock.MonotonicNow()),
      window_(options.window_time != std::chrono::nanoseconds::zero()
                  ? MakeTimeWindow(options.window_time, origin_)
                  : MakeCountWindow(options.window_calls)),
      window_needs_time_(window_->NeedsTime()) {}

std::uint64_t CircuitBreaker::NextWord(std::uint64_t word, BreakerState state,
                                       std::uint64_t payload) {
  const std::uint64_t generation = (GenerationOf(word) + 1) % kGenerations;
  return (generation << (kPayloadBits + 2)) | (static_cast<std::uint64_t>(state) << kPayloadBits) |
         payload;
}

std::uint64_t CircuitBreaker::Milliseconds(base::Instant now) const {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - origin_).count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, passed)) &
         ((std::uint64_t{1} << kPayloadBits) - 1);
}

// Publishes `next`; false when `expected` was not the word any more, and then it is read anew.
bool CircuitBreaker::Exchange(std::uint64_t& expected, std::uint64_t next) {
  const std::uint64_t was = expected;
  if (!word_.compare_exchange_strong(expected, next, std::memory_order_acq_rel)) return false;
  if (StateOf(was) != StateOf(next) && listener_) {
    listener_({name_, StateOf(was), StateOf(next), GenerationOf(next)});
  }
  return true;
}

bool CircuitBreaker::IsBad(const CallCounts& counts) const {
  const auto calls = static_cast<double>(counts.calls);
  return counts.failed >= options_.failure_rate * calls ||
         counts.slow >= options_.slow_call_rate * calls;
}

std::optional<CallPermit> CircuitBreaker::TryAcquireProbe() {
  const base::Instant now = clock_.MonotonicNow();
  std::uint64_t word = word_.load(std::memory_order_acquire);
  for (;;) {
    if (StateOf(word) == BreakerState::kClosed) return CallPermit(*this, GenerationOf(word));
    if (StateOf(word) == BreakerState::kOpen) {
      if (!MayProbe(word, now)) break;
      last_probe_.store(Milliseconds(now), std::memory_order_relaxed);
      const std::uint64_t next =
          NextWord(word, BreakerState::kHalfOpen, Probes{.admitted = 1}.payload());
      if (Exchange(word, next)) return CallPermit(*this, GenerationOf(next));
      continue;
    }
    if (Probes::Of(word).admitted < options_.half_open_probes) {
      last_probe_.store(Milliseconds(now), std::memory_order_relaxed);
      // `admitted` is the lowest byte, and below 255.
      if (Exchange(word, word + 1)) return CallPermit(*this, GenerationOf(word));
      continue;
    }
    const std::optional<std::uint64_t> next = AfterLostProbes(word, now);
    if (!next.has_value()) break;
    if (Exchange(word, *next)) word = *next;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

bool CircuitBreaker::MayProbe(std::uint64_t word, base::Instant now) const {
  const std::uint64_t opened = word & ((std::uint64_t{1} << kPayloadBits) - 1);
  const auto open_time =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.open_time).count();
  return Milliseconds(now) >= opened + static_cast<std::uint64_t>(open_time);
}

// The word with all probes judged, those that have not reported as failed; nothing while they may
// still report.
std::optional<std::uint64_t> CircuitBreaker::AfterLostProbes(std::uint64_t word,
                                                             base::Instant now) {
  const auto probe_time =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.probe_time).count();
  if (Milliseconds(now) <
      last_probe_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(probe_time)) {
    return std::nullopt;
  }
  Probes probes = Probes::Of(word);
  probes.failed += probes.admitted - probes.reported;
  probes.reported = probes.admitted;
  const std::uint64_t counted = (word & ~std::uint64_t{0xffffffff}) | probes.payload();
  return Judge(counted, now);
}

// What follows HALF_OPEN's `word`, whose probes may not all have reported; `word` itself when that
// is still open. The window is emptied before a word that closes is published.
std::uint64_t CircuitBreaker::Judge(std::uint64_t word, base::Instant now) {
  const Probes probes = Probes::Of(word);
  if (IsBad({options_.half_open_probes, probes.failed, probes.slow})) {
    return NextWord(word, BreakerState::kOpen, Milliseconds(now));
  }
  if (probes.reported < options_.half_open_probes) return word;
  window_->Clear(now);
  return NextWord(word, BreakerState::kClosed, 0);
}

void CircuitBreaker::Report(std::uint32_t generation, CallOutcome outcome) {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (GenerationOf(word) != generation) return;
  if (StateOf(word) == BreakerState::kClosed) {
    ReportInWindow(word, outcome);
  } else {
    ReportProbe(generation, outcome);
  }
}

void CircuitBreaker::ReportInWindow(std::uint64_t word, CallOutcome outcome) {
  base::Instant now = window_needs_time_ ? clock_.MonotonicNow() : base::Instant();
  window_->Record(outcome, now);
  // A success brings no rate to its limit.
  if (outcome == CallOutcome::kSucceeded) return;
  const CallCounts counts = window_->Counts(now);
  if (counts.calls < options_.min_calls || !IsBad(counts)) return;
  if (!window_needs_time_) now = clock_.MonotonicNow();
  Exchange(word, NextWord(word, BreakerState::kOpen, Milliseconds(now)));
}

void CircuitBreaker::ReportProbe(std::uint32_t generation, CallOutcome outcome) {
  const base::Instant now = clock_.MonotonicNow();
  std::uint64_t word = word_.load(std::memory_order_acquire);
  while (GenerationOf(word) == generation) {
    Probes probes = Probes::Of(word);
    ++probes.reported;
    if (IsFailure(outcome)) ++probes.failed;
    if (IsSlow(outcome)) ++probes.slow;
    const std::uint64_t counted = (word & ~std::uint64_t{0xffffffff}) | probes.payload();
    if (Exchange(word, Judge(counted, now))) return;
  }
}

void CircuitBreaker::Drop(std::uint32_t generation) {
  std::uint64_t word = word_.load(std::memory_order_acquire);
  while (GenerationOf(word) == generation && StateOf(word) == BreakerState::kHalfOpen) {
    if (Exchange(word, word - 1)) return;
  }
}

void CircuitBreaker::ReportError(CallPermit& permit, base::ErrorCode code,
                                 std::chrono::nanoseconds took) {
  switch (code) {
    case base::ErrorCode::kUnavailable:
    case base::ErrorCode::kDeadlineExceeded:
    case base::ErrorCode::kInternal:
    case base::ErrorCode::kUnknown:
    case base::ErrorCode::kDataLoss:
      permit.Failed(took);
      return;
    case base::ErrorCode::kCancelled:
      return;
    default:
      permit.Succeeded(took);
  }
}

base::Error CircuitBreaker::Refusal() const {
  return base::Unavailable(
      fmt::format("the circuit breaker '{}' is {}", name_, BreakerStateName(state())));
}

CallCounts CircuitBreaker::counts() const {
  return window_->Counts(window_needs_time_ ? clock_.MonotonicNow() : base::Instant());
}

std::chrono::nanoseconds CircuitBreaker::UntilProbe() const {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if (StateOf(word) != BreakerState::kOpen) return std::chrono::nanoseconds::zero();
  const std::uint64_t opened = word & ((std::uint64_t{1} << kPayloadBits) - 1);
  const base::Instant until = origin_ + std::chrono::milliseconds(opened) + options_.open_time;
  return std::max(std::chrono::nanoseconds::zero(),
                  std::chrono::nanoseconds(until - clock_.MonotonicNow()));
}

}  // namespace geoclimate::resilience
