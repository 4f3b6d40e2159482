#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <type_traits>
#include <vector>

namespace geoclimate::forecast {

struct BootstrapOptions {
  // How often the blocks are drawn again. More steadies the ends of an interval (with 1000 they
  // waver by about a tenth of its width from one seed to another) and costs time in proportion; 0
  // gives no interval.
  int replicates = 1000;
  // Part of the method, so that the same file gives the same interval on every machine.
  std::uint64_t seed = 20'150'101;
  // With fewer blocks there is no interval: the spread of a handful says little about the spread.
  std::size_t fewest_blocks = 8;
};

// Draws as many blocks as there are, with replacement, `replicates` times, and shows each sum.
// `blocks` holds the blocks' sums one after another, `width` numbers each. The draws depend on the
// seed and the number of blocks only.
void ForEachResample(std::span<const double> blocks, std::size_t width,
                     const BootstrapOptions& options,
                     const std::function<void(std::span<const double>)>& visit);

struct Limits {
  std::vector<double> low;
  std::vector<double> high;
};
// The 2.5 and 97.5 % points (linear between order statistics) of each of `width` columns of
// `replicates`, row after row. A NaN, where a replicate has nothing to divide by, is left out; with
// more than half of a column NaN, and without any row, its limits are.
Limits PercentileLimits(std::span<const double> replicates, std::size_t width);

// A struct of nothing but doubles, counts among them: doubles hold them exactly to 2^53. That makes
// sums of it, and intervals of every figure in it, one loop.
template <typename T>
concept Doubles = std::is_trivially_copyable_v<T> && alignof(T) == alignof(double) &&
                  sizeof(T) % sizeof(double) == 0;
template <Doubles T>
inline constexpr std::size_t kDoublesIn = sizeof(T) / sizeof(double);
template <Doubles T>
std::array<double, kDoublesIn<T>> ToDoubles(const T& value) {
  return std::bit_cast<std::array<double, kDoublesIn<T>>>(value);
}
template <Doubles T>
T FromDoubles(std::span<const double> numbers) {
  std::array<double, kDoublesIn<T>> array{};
  for (std::size_t i = 0; i < array.size(); ++i) array[i] = numbers[i];
  return std::bit_cast<T>(array);
}

template <Doubles T>
struct Interval {
  T low;
  T high;
};

// 95 % percentile intervals (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993,
// ch. 13) of every figure that `summarize` makes of the sum of `blocks`. The blocks are drawn whole
// (H. Künsch, Ann. Stat. 17, 1989): days of a week and sites of a day are alike, so that single
// rows would make the intervals far too narrow. All figures of a replicate come from one draw,
// hence a difference of two is the paired one. All limits are NaN below options.fewest_blocks and
// without replicates.
template <Doubles Sums, typename Summarize>
auto Bootstrap(std::span<const Sums> blocks, const BootstrapOptions& options, Summarize summarize)
    -> Interval<decltype(summarize(blocks.front()))> {
  using Figures = decltype(summarize(blocks.front()));
  std::vector<double> replicates;
  if (blocks.size() >= options.fewest_blocks) {
    std::vector<double> numbers;
    numbers.reserve(blocks.size() * kDoublesIn<Sums>);
    for (const Sums& block : blocks) {
      const auto part = ToDoubles(block);
      numbers.insert(numbers.end(), part.begin(), part.end());
    }
    ForEachResample(numbers, kDoublesIn<Sums>, options, [&](std::span<const double> sum) {
      const auto figures = ToDoubles(summarize(FromDoubles<Sums>(sum)));
      replicates.insert(replicates.end(), figures.begin(), figures.end());
    });
  }
  const Limits limits = PercentileLimits(replicates, kDoublesIn<Figures>);
  return {FromDoubles<Figures>(limits.low), FromDoubles<Figures>(limits.high)};
}

}  // namespace geoclimate::forecast
