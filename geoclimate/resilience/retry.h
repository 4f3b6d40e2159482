#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/resilience/retry_budget.h"
#include "geoclimate/resilience/sleeper.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::resilience {

enum class Jitter : std::uint8_t {
  kFull,  // between zero and the back-off: callers that failed together do not come back together
  kNone,
};

struct RetryOptions {
  // Attempts in all, the first included, from 1 (never again) to 100.
  std::uint32_t max_attempts = 3;
  // Back-off before the second attempt; it doubles with each further one up to `cap`.
  std::chrono::milliseconds base{50};
  std::chrono::milliseconds cap{2000};
  Jitter jitter = Jitter::kFull;
  // The longest wait that the other side may ask for (Retry-After); more than this is given back as
  // the failure that it is.
  std::chrono::milliseconds longest_asked_wait = std::chrono::minutes(1);

  base::Result<void> Validate() const;
};

// What one attempt is told, and tells beside its result.
class Attempt {
 public:
  Attempt(std::uint32_t number, base::Deadline deadline) : number_(number), deadline_(deadline) {}

  std::uint32_t number() const { return number_; }  // from 1
  // Of all attempts together.
  base::Deadline deadline() const { return deadline_; }
  // The other side has said how long to wait, or a breaker how long it stays open.
  void AskedToWait(std::chrono::nanoseconds wait) { asked_wait_ = wait; }
  std::optional<std::chrono::nanoseconds> asked_wait() const { return asked_wait_; }

 private:
  std::uint32_t number_;
  base::Deadline deadline_;
  std::optional<std::chrono::nanoseconds> asked_wait_;
};

// kUnavailable, and kResourceExhausted when the other side has said how long to wait.
bool IsRetriable(const base::Error& error, const Attempt& attempt);

// retries_total{name,outcome}: `succeeded` and `failed` count retries that were made; `exhausted`
// (max_attempts), `over_budget`, `out_of_time` (the deadline, or an asked wait that is too long)
// and `stopped` count why one that the policy allows was not.
struct RetryMetrics {
  static RetryMetrics Add(telemetry::MetricRegistry& registry, std::string_view name);
  telemetry::Counter succeeded, failed, exhausted, over_budget, out_of_time, stopped;
};

// Makes a call again while it may help: exponential back-off with jitter, a bound on attempts, the
// caller's deadline and a budget over all calls.
//
//   Result<Page> page = retry.Run(deadline, [&](Attempt& attempt) { return Get(url, attempt); });
//
// Only for calls that may be made twice. Attempts follow one another on the calling thread; the
// result is that of the last. Thread-safe where `sleeper` is; all references must outlive it.
class Retry {
 public:
  using Policy = std::function<bool(const base::Error&, const Attempt&)>;

  // `seed` decides the jitter.
  Retry(const RetryOptions& options, RetryBudget& budget, const base::Clock& clock,
        Sleeper& sleeper, std::uint64_t seed, RetryMetrics metrics = {},
        Policy policy = IsRetriable);

  // `call` is given an Attempt& and gives a Result.
  template <typename Call>
  auto Run(base::Deadline deadline, const Call& call) {
    budget_.Deposit();
    Attempt attempt(1, deadline);
    auto result = call(attempt);
    while (!result.ok() && WaitBeforeNext(attempt, result.error())) {
      attempt = Attempt(attempt.number() + 1, deadline);
      result = call(attempt);
      CountRetry(result.ok());
    }
    return result;
  }

  // The back-off after `number` attempts: for callers with a queue of their own instead of a thread
  // that waits.
  std::chrono::nanoseconds BackOff(std::uint32_t number);

 private:
  // True after the wait.
  bool WaitBeforeNext(const Attempt& attempt, const base::Error& error);
  void CountRetry(bool succeeded) const {
    (succeeded ? metrics_.succeeded : metrics_.failed).Add();
  }

  const RetryOptions options_;
  RetryBudget& budget_;
  const base::Clock& clock_;
  Sleeper& sleeper_;
  const RetryMetrics metrics_;
  const Policy policy_;
  std::atomic<std::uint64_t> random_;
};

}  // namespace geoclimate::resilience
