#include "geoclimate/inference/layout_timing.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace geoclimate::inference {
namespace {

using Duration = base::Instant::duration;

constexpr std::size_t kRowsAlone = 4;
constexpr std::array<std::size_t, 3> kBlockSizes = {16, 32, 64};
constexpr Duration kEnough = std::chrono::microseconds(40);  // for one size
constexpr int kLeastRuns = 2;  // the first may find its memory outside the caches
constexpr int kMostRuns = 5;

Duration Quickest(const std::function<void(std::size_t)>& score, std::size_t rows,
                  const base::Clock& clock) {
  Duration quickest = Duration::max();
  Duration all{0};
  for (int run = 0; run < kMostRuns && (run < kLeastRuns || all < kEnough); ++run) {
    const base::Instant start = clock.MonotonicNow();
    score(rows);
    const Duration took = clock.MonotonicNow() - start;
    quickest = std::min(quickest, took);
    all += took;
  }
  return quickest;
}

}  // namespace

bool IsQuicker(const std::function<void(std::size_t)>& one,
               const std::function<void(std::size_t)>& other, const base::Clock& clock) {
  return Quickest(one, kRowsAlone, clock) < Quickest(other, kRowsAlone, clock);
}

std::size_t BlockFrom(const std::function<void(std::size_t)>& walk,
                      const std::function<void(std::size_t)>& block, const base::Clock& clock) {
  const auto walked = static_cast<double>(Quickest(walk, kRowsAlone, clock).count());
  std::size_t least = 1;
  for (const std::size_t rows : kBlockSizes) {
    const auto took = static_cast<double>(Quickest(block, rows, clock).count());
    // Sooner than so many rows are walked, from one row more on.
    const double equal = took / walked * kRowsAlone;
    if (equal < static_cast<double>(rows)) {
      return std::max(static_cast<std::size_t>(equal) + 1, least);
    }
    least = rows + 1;
  }
  return kBlockSizes.back() + 1;
}

}  // namespace geoclimate::inference
