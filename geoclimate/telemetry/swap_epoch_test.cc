#include "geoclimate/telemetry/swap_epoch.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace geoclimate::telemetry {
namespace {

TEST(SwapEpoch, AStretchBesideNoSwapDoesNotOverlap) {
  SwapEpoch epoch;
  {
    const SwapEpoch::Swap earlier(epoch);
  }
  const std::uint64_t begin = epoch.value();
  const std::uint64_t end = epoch.value();
  {
    const SwapEpoch::Swap later(epoch);
  }
  EXPECT_FALSE(SwapEpoch::Overlapped(begin, end));
}

TEST(SwapEpoch, AStretchThatBeginsOrEndsInASwapOverlaps) {
  SwapEpoch epoch;
  const std::uint64_t before = epoch.value();
  std::uint64_t within = 0;
  {
    const SwapEpoch::Swap swap(epoch);
    within = epoch.value();
  }
  EXPECT_TRUE(SwapEpoch::Overlapped(before, within));
  EXPECT_TRUE(SwapEpoch::Overlapped(within, within));
  EXPECT_TRUE(SwapEpoch::Overlapped(within, epoch.value()));
}

TEST(SwapEpoch, AStretchAroundAWholeSwapOverlaps) {
  SwapEpoch epoch;
  const std::uint64_t before = epoch.value();
  {
    const SwapEpoch::Swap swap(epoch);
  }
  EXPECT_TRUE(SwapEpoch::Overlapped(before, epoch.value()));
}

}  // namespace
}  // namespace geoclimate::telemetry
