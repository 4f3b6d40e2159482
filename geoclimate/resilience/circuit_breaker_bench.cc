// What a call through a breaker costs while the service is well: leave, and the report of success.
#include <benchmark/benchmark.h>

#include "geoclimate/resilience/circuit_breaker.h"
#include "geoclimate/resilience/token_bucket.h"

namespace geoclimate::resilience {
namespace {

const base::SystemClock kClock;

CircuitBreaker& Breaker(bool by_time) {
  static CircuitBreaker calls("calls", {.slow_call = std::chrono::milliseconds(100)}, kClock);
  static CircuitBreaker time(
      "time",
      {.slow_call = std::chrono::milliseconds(100), .window_time = std::chrono::seconds(60)},
      kClock);
  return by_time ? time : calls;
}

void BM_HealthyCall(benchmark::State& state) {
  CircuitBreaker& breaker = Breaker(state.range(0) == 1);
  for (auto _ : state) {
    auto permit = breaker.TryAcquire();
    permit->Succeeded(std::chrono::milliseconds(1));
  }
}
BENCHMARK(BM_HealthyCall)->ArgName("by_time")->Arg(0)->Arg(1)->Threads(1)->Threads(2);

void BM_RefusedCall(benchmark::State& state) {
  CircuitBreaker breaker("open", {.min_calls = 1, .open_time = std::chrono::hours(1)}, kClock);
  breaker.TryAcquire()->Failed();
  for (auto _ : state) benchmark::DoNotOptimize(breaker.TryAcquire());
}
BENCHMARK(BM_RefusedCall);

// The yardstick: a time-based window reads the clock once.
void BM_ReadingTheClock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(kClock.MonotonicNow());
}
BENCHMARK(BM_ReadingTheClock);

void BM_TakingAToken(benchmark::State& state) {
  TokenBucket bucket({.per_second = 1e9, .burst = 1e9}, kClock);
  for (auto _ : state) benchmark::DoNotOptimize(bucket.TryTake());
}
BENCHMARK(BM_TakingAToken);

}  // namespace
}  // namespace geoclimate::resilience
