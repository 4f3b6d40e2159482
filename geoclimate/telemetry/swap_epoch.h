#pragma once

#include <atomic>
#include <cstdint>

namespace geoclimate::telemetry {

// When what a process serves is exchanged, so that threads which only read it can tell whether a
// stretch of their work overlapped an exchange, without a lock:
//
//   const std::uint64_t before = epoch.value();
//   ... work ...
//   if (SwapEpoch::Overlapped(before, epoch.value())) stalls.Observe(seconds);
//
// value() is a load of a word that changes twice an exchange. Thread-safe, but one Swap at a time.
class SwapEpoch {
 public:
  // An exchange, from before it reads what comes to after it has freed what went.
  class Swap {
   public:
    explicit Swap(SwapEpoch& epoch) : value_(epoch.value_) { value_.fetch_add(1); }
    ~Swap() { value_.fetch_add(1); }
    Swap(const Swap&) = delete;
    Swap& operator=(const Swap&) = delete;

   private:
    std::atomic<std::uint64_t>& value_;
  };

  // Odd during an exchange.
  std::uint64_t value() const { return value_.load(std::memory_order_acquire); }
  // Of the values at the begin and at the end of a stretch.
  static bool Overlapped(std::uint64_t begin, std::uint64_t end) {
    return begin % 2 == 1 || begin != end;
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace geoclimate::telemetry
