#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace geoclimate::bench {

// Rivals of the memory tier's CLOCK, by number of entries; for the comparison only. Each
// returns the share of `requests`, keys in the order in which they come, that it finds.
double HitRateOfLru(const std::vector<std::uint64_t>& requests, std::size_t capacity);
// S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023): a small
// queue of a tenth, from which what was read once moves on, and as many ghosts as main entries.
double HitRateOfS3Fifo(const std::vector<std::uint64_t>& requests, std::size_t capacity);
// cache::MemoryTier itself, one shard of so many bytes and values of one size; returns the most
// entries that it had, too.
struct TierResult {
  double hit_rate = 0;
  std::size_t entries = 0;
};
TierResult HitRateOfTier(const std::vector<std::uint64_t>& requests, std::size_t bytes,
                         std::size_t value_bytes);

}  // namespace geoclimate::bench
