#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace geoclimate::load {

// Counts of latencies by size, each kept within 1/128 of itself up to over an hour: the layout of
// HDR histograms (G. Tene, hdrhistogram.org), powers of two cut into equal parts. Adding is quick,
// takes no memory, and forgets no slow request.
class LatencyHistogram {
 public:
  using Nanoseconds = std::chrono::nanoseconds;

  LatencyHistogram();

  // Negative ones count as 0, longer ones than the histogram holds as its longest.
  void Add(Nanoseconds latency);

  std::uint64_t count() const { return count_; }
  // The largest of the latencies that a share `quantile` in [0, 1] of all does not exceed, rounded
  // up to its bucket's end; max() exactly for 1. 0 of an empty histogram.
  Nanoseconds Quantile(double quantile) const;
  Nanoseconds max() const { return max_; }
  Nanoseconds mean() const;

  // Each bucket that holds something, ascending: its longest latency, and how many it holds.
  void Visit(const std::function<void(Nanoseconds, std::uint64_t)>& visit) const;

 private:
  static std::size_t BucketOf(std::uint64_t nanoseconds);
  static std::uint64_t LastOf(std::size_t bucket);

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  double sum_ = 0;  // ns
  Nanoseconds max_{0};
};

}  // namespace geoclimate::load
