// Predictions through the cache ask the heap for nothing: hits, misses, entries that are thrown out
// to make room. Counts every call of operator new.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/service/cached_prediction.h"
#include "geoclimate/service/testing/example_models.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace geoclimate::service {
namespace {

class CacheAllocations : public testing::Test {
 protected:
  CacheAllocations() {
    served_.cache = cache_.Attach(*served_.model);
    served_.metrics = PredictionMetrics::Of(metrics_, served_.description);
  }
  // Asks for rows of `distinct` kinds in turn; returns how many allocations that took.
  std::size_t Ask(int count, int distinct) {
    std::size_t failed = 0;
    const std::size_t before = allocations.load();
    for (int i = 0; i < count; ++i) {
      const std::array<float, 3> row{static_cast<float>(i % distinct), 1, 2};
      std::array<float, 1> out{};
      const auto source = ScoreRow(served_, row, clock_.MonotonicNow(), out, {});
      failed += source.ok() ? 0 : 1;
      cached_ += source.ok() && *source == AnswerSource::kCached ? 1U : 0U;
    }
    EXPECT_EQ(failed, 0U);
    return allocations.load() - before;
  }

  base::SystemClock clock_;
  telemetry::MetricRegistry metrics_;
  inference::PredictionCache cache_{
      {.memory = {.max_bytes = std::size_t{256} << 10}}, clock_, metrics_};
  ServedModel served_ = ServeExampleTrees("trees");
  std::size_t cached_ = 0;
};

TEST_F(CacheAllocations, AreCounted) {
  const std::size_t before = allocations.load();
  const std::string text(100, 'x');
  EXPECT_EQ(allocations.load() - before, 1U) << text;
}

TEST_F(CacheAllocations, HitsAndMissesMakeNone) {
  Ask(200, 50);
  EXPECT_EQ(Ask(1000, 50), 0U);
  EXPECT_GE(cached_, 1000U);
}

// Every decision on the way, from on to resting, is made without the heap too.
TEST_F(CacheAllocations, RowsThatThrowOthersOutMakeNone) {
  Ask(10, 10);
  EXPECT_EQ(Ask(20'000, 20'000), 0U);
  EXPECT_GT(cache_.statistics().entries, 1000U);
}

}  // namespace
}  // namespace geoclimate::service
