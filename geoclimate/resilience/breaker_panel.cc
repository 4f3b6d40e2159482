#include "geoclimate/resilience/breaker_panel.h"

#include "geoclimate/base/check.h"
#include "geoclimate/base/log.h"

namespace geoclimate::resilience {
namespace {

telemetry::Counter TransitionsTo(telemetry::MetricRegistry& metrics, std::string_view name,
                                 BreakerState state) {
  return metrics.AddCounter("circuit_breaker_transitions_total", "Changes of a breaker's state",
                            {{"name", name}, {"to", BreakerStateName(state)}});
}

void LogTransition(const BreakerTransition& transition) {
  const auto level =
      transition.to == BreakerState::kOpen ? base::LogLevel::kWarning : base::LogLevel::kInfo;
  base::Log(level, "resilience", "circuit breaker changed its state",
            {{"breaker", std::string(transition.name)},
             {"from", std::string(BreakerStateName(transition.from))},
             {"to", std::string(BreakerStateName(transition.to))},
             {"number", std::to_string(transition.number)}});
}

}  // namespace

CircuitBreaker& BreakerPanel::Add(std::string_view name, const CircuitBreakerOptions& options) {
  const telemetry::Gauge state =
      metrics_.AddGauge("circuit_breaker_state", "0 closed, 1 half open, 2 open", {{"name", name}});
  const telemetry::Counter closed = TransitionsTo(metrics_, name, BreakerState::kClosed);
  const telemetry::Counter half_open = TransitionsTo(metrics_, name, BreakerState::kHalfOpen);
  const telemetry::Counter open = TransitionsTo(metrics_, name, BreakerState::kOpen);
  state.Set(0);
  auto listener = [=](const BreakerTransition& transition) {
    state.Set(static_cast<double>(transition.to));
    switch (transition.to) {
      case BreakerState::kClosed:
        closed.Add();
        break;
      case BreakerState::kHalfOpen:
        half_open.Add();
        break;
      case BreakerState::kOpen:
        open.Add();
        break;
    }
    LogTransition(transition);
  };
  const base::MutexLock lock(mutex_);
  for (const CircuitBreaker& breaker : breakers_) {
    GC_CHECK(breaker.name() != name, "two breakers of one name");
  }
  return breakers_.emplace_back(std::string(name), options, clock_, std::move(listener));
}

std::vector<BreakerReading> BreakerPanel::Read() const {
  const base::MutexLock lock(mutex_);
  std::vector<BreakerReading> readings;
  readings.reserve(breakers_.size());
  for (const CircuitBreaker& breaker : breakers_) {
    readings.push_back({breaker.name(), breaker.state(), breaker.counts(), breaker.refused(),
                        breaker.UntilProbe()});
  }
  return readings;
}

}  // namespace geoclimate::resilience
