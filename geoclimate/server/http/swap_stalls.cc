#include "geoclimate/server/http/swap_stalls.h"

#include <array>
#include <chrono>

namespace geoclimate::server::http {
namespace {

// In seconds. A turn with one request takes some 10 µs.
constexpr auto kTurnBounds = std::to_array<double>(
    {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.1, 1});

}  // namespace

SwapStalls::SwapStalls(telemetry::MetricRegistry& metrics, const telemetry::SwapEpoch* swaps,
                       const base::Clock& clock)
    : swaps_(swaps), clock_(clock) {
  if (swaps_ == nullptr) return;
  stalls_ = metrics.AddHistogram("model_swap_stall_seconds",
                                 "Turns of I/O threads while models were loaded and exchanged",
                                 kTurnBounds);
}

void SwapStalls::Observe(base::Instant began) {
  stalls_.Observe(std::chrono::duration<double>(clock_.MonotonicNow() - began).count());
}

}  // namespace geoclimate::server::http
