#include "geoclimate/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace geoclimate::load {
namespace {

// The numbers below kParts have a bucket each; then every power of two has kParts / 2.
constexpr int kPartBits = 8;
constexpr std::uint64_t kParts = 1 << kPartBits;
constexpr std::uint64_t kLongest = (std::uint64_t{1} << 42) - 1;  // ns: 73 minutes

}  // namespace

std::size_t LatencyHistogram::BucketOf(std::uint64_t nanoseconds) {
  if (nanoseconds < kParts) return nanoseconds;
  const int shift = static_cast<int>(std::bit_width(nanoseconds)) - kPartBits;
  return static_cast<std::size_t>(shift) * (kParts / 2) + (nanoseconds >> shift);
}

std::uint64_t LatencyHistogram::LastOf(std::size_t bucket) {
  if (bucket < kParts) return bucket;
  const std::size_t shift = bucket / (kParts / 2) - 1;
  const std::uint64_t part = bucket - shift * (kParts / 2);
  return ((part + 1) << shift) - 1;
}

LatencyHistogram::LatencyHistogram() : buckets_(BucketOf(kLongest) + 1, 0) {}

void LatencyHistogram::Add(Nanoseconds latency) {
  const auto nanoseconds =
      std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0)), kLongest);
  ++buckets_[BucketOf(nanoseconds)];
  ++count_;
  sum_ += static_cast<double>(nanoseconds);
  max_ = std::max(max_, Nanoseconds(static_cast<std::int64_t>(nanoseconds)));
}

LatencyHistogram::Nanoseconds LatencyHistogram::Quantile(double quantile) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(quantile * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen > 0 && seen >= wanted) {
      return std::min(max_, Nanoseconds(static_cast<std::int64_t>(LastOf(bucket))));
    }
  }
  return max_;
}

LatencyHistogram::Nanoseconds LatencyHistogram::mean() const {
  if (count_ == 0) return Nanoseconds(0);
  return Nanoseconds(std::llround(sum_ / static_cast<double>(count_)));
}

void LatencyHistogram::Visit(const std::function<void(Nanoseconds, std::uint64_t)>& visit) const {
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    if (buckets_[bucket] > 0) {
      visit(Nanoseconds(static_cast<std::int64_t>(LastOf(bucket))), buckets_[bucket]);
    }
  }
}

}  // namespace geoclimate::load
