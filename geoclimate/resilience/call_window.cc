#include "geoclimate/resilience/call_window.h"

#include <algorithm>
#include <array>

namespace geoclimate::resilience {
namespace {

class CountWindow final : public CallWindow {
 public:
  explicit CountWindow(std::uint32_t calls) : slots_(calls) {}

  void Record(CallOutcome outcome, base::Instant /*now*/) override {
    const std::uint64_t place = next_.fetch_add(1, std::memory_order_relaxed) % slots_.size();
    const auto went = static_cast<CallOutcome>(
        slots_[place].exchange(static_cast<std::uint8_t>(outcome), std::memory_order_relaxed));
    // In a healthy service nearly always the same, and then the shared counts are not touched.
    if (went == outcome) return;
    const int failed = (IsFailure(outcome) ? 1 : 0) - (IsFailure(went) ? 1 : 0);
    const int slow = (IsSlow(outcome) ? 1 : 0) - (IsSlow(went) ? 1 : 0);
    if (failed != 0) failed_.fetch_add(failed, std::memory_order_relaxed);
    if (slow != 0) slow_.fetch_add(slow, std::memory_order_relaxed);
  }

  CallCounts Counts(base::Instant /*now*/) const override {
    const std::uint64_t recorded =
        next_.load(std::memory_order_relaxed) - first_.load(std::memory_order_relaxed);
    // One thread's subtraction may be seen before another's addition.
    return {static_cast<std::uint32_t>(std::min<std::uint64_t>(recorded, slots_.size())),
            static_cast<std::uint32_t>(std::max(0, failed_.load(std::memory_order_relaxed))),
            static_cast<std::uint32_t>(std::max(0, slow_.load(std::memory_order_relaxed)))};
  }

  // Takes back what each slot has added, so that a thread that records meanwhile leaves the counts
  // in step with the slots.
  void Clear(base::Instant /*now*/) override {
    for (std::atomic<std::uint8_t>& slot : slots_) {
      const auto went = static_cast<CallOutcome>(slot.exchange(
          static_cast<std::uint8_t>(CallOutcome::kSucceeded), std::memory_order_relaxed));
      if (IsFailure(went)) failed_.fetch_sub(1, std::memory_order_relaxed);
      if (IsSlow(went)) slow_.fetch_sub(1, std::memory_order_relaxed);
    }
    first_.store(next_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

  bool NeedsTime() const override { return false; }

 private:
  // A slot that holds nothing counts as a success: it adds nothing to either count.
  std::vector<std::atomic<std::uint8_t>> slots_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> first_{0};
  std::atomic<int> failed_{0};
  std::atomic<int> slow_{0};
};

// A count that belongs to one tick, in one word, so that moving on to a later tick and counting are
// the same step.
class TickCount {
 public:
  void Add(std::uint32_t tick) {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    std::uint64_t next = 0;
    do {
      if (Tick(word) > tick) return;  // a thread that slept for the whole window
      next = Tick(word) == tick ? word + 1 : (std::uint64_t{tick} << 32) | 1;
    } while (!word_.compare_exchange_weak(word, next, std::memory_order_relaxed));
  }

  std::uint32_t CountWithin(std::uint32_t first, std::uint32_t last) const {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    if (Tick(word) < first || Tick(word) > last) return 0;
    return static_cast<std::uint32_t>(word);
  }

 private:
  static std::uint32_t Tick(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
  std::atomic<std::uint64_t> word_{0};
};

class TimeWindow final : public CallWindow {
 public:
  TimeWindow(std::chrono::nanoseconds span, base::Instant now)
      : tick_(span / kTicks), origin_(now) {}

  void Record(CallOutcome outcome, base::Instant now) override {
    const std::uint32_t tick = TickOf(now);
    Bucket& bucket = buckets_[tick % kTicks];
    bucket.calls.Add(tick);
    if (IsFailure(outcome)) bucket.failed.Add(tick);
    if (IsSlow(outcome)) bucket.slow.Add(tick);
  }

  CallCounts Counts(base::Instant now) const override {
    const std::uint32_t last = TickOf(now);
    const std::uint32_t first =
        std::max(first_.load(std::memory_order_relaxed), last - std::min(last, kTicks - 1));
    CallCounts counts;
    for (const Bucket& bucket : buckets_) {
      counts.calls += bucket.calls.CountWithin(first, last);
      counts.failed += bucket.failed.CountWithin(first, last);
      counts.slow += bucket.slow.CountWithin(first, last);
    }
    return counts;
  }

  // Starts a tick that none came before, instead of touching what other threads may be counting.
  void Clear(base::Instant now) override {
    skipped_.fetch_add(1, std::memory_order_relaxed);
    first_.store(TickOf(now), std::memory_order_relaxed);
  }

  bool NeedsTime() const override { return true; }

 private:
  static constexpr std::uint32_t kTicks = 10;

  struct Bucket {
    TickCount calls;
    TickCount failed;
    TickCount slow;
  };

  // From 1, so that a bucket never used belongs to no tick. A tick lasts at least 100 ms, so the
  // word is enough for thirteen years.
  std::uint32_t TickOf(base::Instant now) const {
    const auto passed =
        std::max(std::chrono::nanoseconds::zero(), std::chrono::nanoseconds(now - origin_));
    return static_cast<std::uint32_t>(passed / tick_) + 1 +
           skipped_.load(std::memory_order_relaxed);
  }

  const std::chrono::nanoseconds tick_;
  const base::Instant origin_;
  std::array<Bucket, kTicks> buckets_;
  std::atomic<std::uint32_t> skipped_{0};
  std::atomic<std::uint32_t> first_{1};
};

}  // namespace

std::unique_ptr<CallWindow> MakeCountWindow(std::uint32_t calls) {
  return std::make_unique<CountWindow>(calls);
}

std::unique_ptr<CallWindow> MakeTimeWindow(std::chrono::nanoseconds span, base::Instant now) {
  return std::make_unique<TimeWindow>(span, now);
}

}  // namespace geoclimate::resilience
