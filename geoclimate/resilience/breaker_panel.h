#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/telemetry/metrics.h"

namespace geoclimate::resilience {

// One breaker as it stands.
struct BreakerReading {
  std::string name;
  BreakerState state = BreakerState::kClosed;
  CallCounts counts;
  std::uint64_t refused = 0;
  std::chrono::nanoseconds until_probe{0};
};

// The breakers of a program: made here, so that each has its metrics, its log lines and its place
// in the health answer.
//
// Metrics: circuit_breaker_state{name} (0 closed, 1 half open, 2 open) and
// circuit_breaker_transitions_total{name,to}. A breaker that opens is logged as a warning, what it
// does after that as information.
//
// Thread-safe. `clock` and `metrics` must outlive the panel, and the panel its breakers' users.
class BreakerPanel {
 public:
  BreakerPanel(const base::Clock& clock, telemetry::MetricRegistry& metrics)
      : clock_(clock), metrics_(metrics) {}

  // A breaker of valid options, which stays where it is as long as the panel. The name (a service:
  // "database", "sources") must be new.
  CircuitBreaker& Add(std::string_view name, const CircuitBreakerOptions& options);

  // In the order of Add().
  std::vector<BreakerReading> Read() const;

 private:
  const base::Clock& clock_;
  telemetry::MetricRegistry& metrics_;
  mutable base::Mutex mutex_;
  std::deque<CircuitBreaker> breakers_ GUARDED_BY(mutex_);
};

}  // namespace geoclimate::resilience
