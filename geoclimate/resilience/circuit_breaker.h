#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/call_window.h"

namespace geoclimate::resilience {

enum class BreakerState : std::uint8_t { kClosed = 0, kHalfOpen = 1, kOpen = 2 };

// "closed", "half_open", "open".
std::string_view BreakerStateName(BreakerState state);

struct CircuitBreakerOptions {
  // Share of the calls in the window whose failing opens the breaker, above 0 to 1. Smaller gives
  // up sooner on a service that fails only at times.
  double failure_rate = 0.5;
  // A call that takes at least this long is slow; zero: none is. A service that stalls hurts its
  // callers as much as one that fails.
  std::chrono::nanoseconds slow_call{0};
  // Share of the calls in the window whose slowness opens the breaker, above 0 to 1.
  double slow_call_rate = 1;
  // The latest calls that count. Larger judges more steadily and later.
  std::uint32_t window_calls = 100;
  // Not zero, and at least a second: instead the calls of this latest time count, whatever their
  // number. For services that are called at very different rates.
  std::chrono::nanoseconds window_time{0};
  // Fewer calls in the window than this say nothing yet.
  std::uint32_t min_calls = 20;
  // How long nothing is called before probing. Shorter finds a recovery sooner and disturbs a
  // service that is starting.
  std::chrono::nanoseconds open_time = std::chrono::seconds(30);
  // Calls that are let through to find out, from 1 to 255; judged by the same rates.
  std::uint32_t half_open_probes = 3;
  // A probe that has not reported after this long counts as failed, so that a call that never
  // returns cannot keep the breaker half open.
  std::chrono::nanoseconds probe_time = std::chrono::seconds(30);

  base::Result<void> Validate() const;
};

struct BreakerTransition {
  std::string_view name;
  BreakerState from;
  BreakerState to;
  // Rises by one with each transition of a breaker: listeners are called by the threads that make
  // the transitions, which may overtake each other.
  std::uint32_t number;
};

class CircuitBreaker;

// Leave to make one call. Report how it went once; a permit that goes without a report says that
// the call was not made, and a probe's place is given to the next.
class [[nodiscard]] CallPermit {
 public:
  CallPermit(CallPermit&& other) noexcept
      : breaker_(std::exchange(other.breaker_, nullptr)), generation_(other.generation_) {}
  // What this one stood for goes with `other`.
  CallPermit& operator=(CallPermit&& other) noexcept {
    std::swap(breaker_, other.breaker_);
    std::swap(generation_, other.generation_);
    return *this;
  }
  ~CallPermit();

  // `took` is compared with slow_call; leave it out where none is set.
  void Succeeded(std::chrono::nanoseconds took = {}) { Report(took, false); }
  void Failed(std::chrono::nanoseconds took = {}) { Report(took, true); }

 private:
  friend class CircuitBreaker;
  CallPermit(CircuitBreaker& breaker, std::uint32_t generation)
      : breaker_(&breaker), generation_(generation) {}
  void Report(std::chrono::nanoseconds took, bool failed);

  CircuitBreaker* breaker_;
  std::uint32_t generation_;
};

// Stops calls to a service that keeps failing or stalling, and finds out when it is well again
// (M. Nygard, Release It!, 2nd edition, chapter 5).
//
// CLOSED: every call goes ahead; a failed or slow call that brings the window's rate to a limit
// opens the breaker. OPEN: every call is refused until open_time has passed; then the next makes it
// HALF_OPEN. HALF_OPEN: exactly half_open_probes calls go ahead and the rest are refused. As soon
// as enough of them have failed it opens again; once all have reported otherwise it closes with an
// empty window. Time passes only when somebody asks: an idle breaker stays OPEN. What was admitted
// before a transition and reports after it is ignored.
//
//   std::optional<CallPermit> permit = breaker.TryAcquire();
//   if (!permit) return breaker.Refusal();
//   ... call ...
//   permit->Succeeded(took);
//
// Thread-safe without locks: all that the states share is one atomic word, so that a call through a
// CLOSED breaker costs a load, and its report one or two additions, and a reading of the clock with
// a window of time. `clock` must outlive the breaker, and the breaker its permits. The listener is
// called after each transition by the thread that made it; it must not block and not call back.
class CircuitBreaker {
 public:
  using Listener = std::function<void(const BreakerTransition&)>;

  CircuitBreaker(std::string name, const CircuitBreakerOptions& options, const base::Clock& clock,
                 Listener listener = {});

  // Nothing when the breaker refuses.
  std::optional<CallPermit> TryAcquire() {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if (StateOf(word) == BreakerState::kClosed) return CallPermit(*this, GenerationOf(word));
    return TryAcquireProbe();
  }

  // Makes `call`, which gives a Result, times it and reports it; refused: Refusal(). Of errors
  // kUnavailable, kDeadlineExceeded, kInternal, kUnknown and kDataLoss tell against the service,
  // kCancelled tells nothing, and all others are answers of a service that works.
  template <typename Call>
  auto Run(const Call& call) -> decltype(call()) {
    std::optional<CallPermit> permit = TryAcquire();
    if (!permit.has_value()) return Refusal();
    const base::Instant begin = clock_.MonotonicNow();
    auto result = call();
    const auto took = clock_.MonotonicNow() - begin;
    if (result.ok()) {
      permit->Succeeded(took);
    } else {
      ReportError(*permit, result.error().code(), took);
    }
    return result;
  }

  // kUnavailable, naming the breaker.
  base::Error Refusal() const;

  const std::string& name() const { return name_; }
  BreakerState state() const { return StateOf(word_.load(std::memory_order_acquire)); }
  // Of the window; what they were when it opened while it is not CLOSED.
  CallCounts counts() const;
  std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }
  // Until the next call may be a probe; zero unless OPEN.
  std::chrono::nanoseconds UntilProbe() const;

 private:
  friend class CallPermit;

  // From the highest bit: 20 of the generation, which rises with each transition, 2 of the state,
  // and 42 of what the state needs. OPEN: the millisecond since origin_ at which it opened.
  // HALF_OPEN: 8 each of the probes admitted, reported, failed and slow.
  static constexpr int kPayloadBits = 42;
  static constexpr std::uint32_t kGenerations = 1U << 20;
  static BreakerState StateOf(std::uint64_t word) {
    return static_cast<BreakerState>((word >> kPayloadBits) & 3);
  }
  static std::uint32_t GenerationOf(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> (kPayloadBits + 2));
  }
  static std::uint64_t NextWord(std::uint64_t word, BreakerState state, std::uint64_t payload);

  std::optional<CallPermit> TryAcquireProbe();
  bool MayProbe(std::uint64_t word, base::Instant now) const;
  std::optional<std::uint64_t> AfterLostProbes(std::uint64_t word, base::Instant now);
  void Report(std::uint32_t generation, CallOutcome outcome);
  void ReportInWindow(std::uint64_t word, CallOutcome outcome);
  void ReportProbe(std::uint32_t generation, CallOutcome outcome);
  void Drop(std::uint32_t generation);
  void ReportError(CallPermit& permit, base::ErrorCode code, std::chrono::nanoseconds took);
  std::uint64_t Judge(std::uint64_t word, base::Instant now);
  bool IsBad(const CallCounts& counts) const;
  bool Exchange(std::uint64_t& expected, std::uint64_t next);
  std::uint64_t Milliseconds(base::Instant now) const;

  const std::string name_;
  const CircuitBreakerOptions options_;
  const base::Clock& clock_;
  const Listener listener_;
  const base::Instant origin_;
  const std::unique_ptr<CallWindow> window_;
  const bool window_needs_time_;
  std::atomic<std::uint64_t> word_{0};
  std::atomic<std::uint64_t> refused_{0};
  // When the latest probe was let through, in milliseconds since origin_.
  std::atomic<std::uint64_t> last_probe_{0};
};

inline CallPermit::~CallPermit() {
  if (breaker_ != nullptr) breaker_->Drop(generation_);
}

}  // namespace geoclimate::resilience
