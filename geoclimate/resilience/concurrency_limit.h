#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "geoclimate/base/result.h"

namespace geoclimate::resilience {

struct ConcurrencyLimitOptions {
  // Smaller sheds sooner after a start; larger lets a burst through before the first latency is
  // known.
  std::size_t initial = 64;
  // Never below: something must go through for the latency to be known.
  std::size_t least = 4;
  // Never above: memory is bounded whatever the latency says.
  std::size_t most = 4096;
  // Work that takes longer, waiting included, says that there is too much of it. Larger trades
  // latency for fewer refusals.
  std::chrono::microseconds target{50'000};
  // What is left of the limit after work over the target; nearer to 1 falls more slowly.
  double decrease = 0.9;

  base::Result<void> Validate() const;
};

// How much work may be under way at once, found from how long it takes: additive increase,
// multiplicative decrease, as TCP does with its window (RFC 5681, section 3.1). Work within the
// target while at least half of the limit is in use raises it by one for each limit's worth of
// work; work over it lowers it once for each limit's worth, so that one burst counts once.
//
//   if (!limit.TryBegin()) return Shed();
//   ...
//   limit.End(took);     // or limit.Drop() when it was never done
//
// Thread-safe; a few atomic operations a call.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(const ConcurrencyLimitOptions& options);

  // False when as much as the limit is under way.
  [[nodiscard]] bool TryBegin();
  // Of what TryBegin() admitted, once each.
  void End(std::chrono::nanoseconds took);
  void Drop();

  std::size_t limit() const;
  std::size_t under_way() const { return under_way_.load(std::memory_order_relaxed); }

 private:
  void Raise(double limit);
  void Lower(double limit);

  const ConcurrencyLimitOptions options_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<double> limit_;
  // Work that ends before the limit may fall again.
  std::atomic<std::size_t> grace_{0};
};

}  // namespace geoclimate::resilience
