#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace geoclimate::prediction_log {

// Says which rows of a stream are sampled: each with probability `share`, independently, from a
// seed. Costs a comparison and a subtraction for rows that are not, however many come together.
//
//   for (std::size_t i = sampler.Next(count); i < count; i += sampler.Gap()) Take(i);
//
// which must be followed by Skip(i - count) for the rest of the last gap. Meant for one thread;
// two that use one at once only sample another part than one after the other would.
class RowSampler {
 public:
  // `share` from 0, which samples nothing, to 1, which samples everything.
  RowSampler(double share, std::uint64_t seed) : state_(seed) {
    log_of_rest_ = std::log1p(-share);
    left_ = share > 0 ? Gap() - 1 : kNever;
  }

  // How many of the next rows are left out before the first that is sampled; `count` of them have
  // then been dealt with if that is all of them.
  std::uint64_t Next(std::uint64_t count) {
    const std::uint64_t left = left_.load(std::memory_order_relaxed);
    if (left >= count && left != kNever) left_.store(left - count, std::memory_order_relaxed);
    return left;
  }
  // From a row that is sampled to the next one.
  std::uint64_t Gap() {
    const std::uint64_t mixed = Mix();
    // In (0, 1].
    const double uniform = (static_cast<double>(mixed >> 11U) + 1) * 0x1p-53;
    const double gap = std::floor(std::log(uniform) / log_of_rest_);
    return 1 + static_cast<std::uint64_t>(std::min(gap, kLongest));
  }
  void Skip(std::uint64_t rows) { left_.store(rows, std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr double kLongest = 0x1p60;

  // SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators",
  // OOPSLA 2014).
  std::uint64_t Mix() {
    std::uint64_t z = state_.load(std::memory_order_relaxed) + 0x9e3779b97f4a7c15U;
    state_.store(z, std::memory_order_relaxed);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  std::atomic<std::uint64_t> state_;
  std::atomic<std::uint64_t> left_{0};
  double log_of_rest_;
};

}  // namespace geoclimate::prediction_log
