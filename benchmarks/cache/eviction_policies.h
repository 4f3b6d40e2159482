#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace geoclimate::bench {

// The rivals of the memory tier's S3-FIFO, by number of entries; for the comparison only. Each
// returns the share of `requests`, keys in the order in which they come, that it finds.
double HitRateOfLru(const std::vector<std::uint64_t>& requests, std::size_t capacity);
double HitRateOfClock(const std::vector<std::uint64_t>& requests, std::size_t capacity);
// cache::MemoryTier itself, one shard of so many bytes and values of one size; returns the most
// entries that it had, too.
struct TierResult {
  double hit_rate = 0;
  std::size_t entries = 0;
};
TierResult HitRateOfTier(const std::vector<std::uint64_t>& requests, std::size_t bytes,
                         std::size_t value_bytes);

}  // namespace geoclimate::bench
