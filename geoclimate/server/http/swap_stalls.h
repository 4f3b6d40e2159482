#pragma once

#include <cstdint>

#include "geoclimate/base/clock.h"
#include "geoclimate/telemetry/metrics.h"
#include "geoclimate/telemetry/swap_epoch.h"

namespace geoclimate::server::http {

// model_swap_stall_seconds: how long the turns of an I/O thread take that overlap an exchange of
// the models, which is how long a socket may wait that gets ready when one has just begun. Other
// turns cost two loads, no look at the clock. Not thread-safe.
class SwapStalls {
 public:
  // All outlive this; without `swaps` (null) there is no metric.
  SwapStalls(telemetry::MetricRegistry& metrics, const telemetry::SwapEpoch* swaps,
             const base::Clock& clock);

  void BeginTurn() {
    if (swaps_ != nullptr) epoch_ = swaps_->value();
  }
  // Of the turn that BeginTurn() began, at `began`.
  void EndTurn(base::Instant began) {
    if (swaps_ != nullptr && telemetry::SwapEpoch::Overlapped(epoch_, swaps_->value())) {
      Observe(began);
    }
  }

 private:
  void Observe(base::Instant began);

  const telemetry::SwapEpoch* swaps_;
  const base::Clock& clock_;
  telemetry::Histogram stalls_;
  std::uint64_t epoch_ = 0;
};

}  // namespace geoclimate::server::http
