#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace geoclimate::cache {

// Which keys were thrown out lately, by their hashes: S3-FIFO's ghost queue as a table whose
// entries carry the number of their eviction. A wrong yes, from equal bits, costs a place in the
// main queue and no wrong answer.
//
// Not thread-safe. `slots`, a power of two of them, at least kBucket and zero at first, must
// outlive it.
class GhostQueue {
 public:
  explicit GhostQueue(std::span<std::uint64_t> slots) : slots_(slots) {}

  void Add(std::uint64_t hash);
  // Whether `hash` is among the last `most` that were added, forgetting it.
  bool Take(std::uint64_t hash, std::uint32_t most);
  void Clear();

  static constexpr std::size_t kBucket = 4;

 private:
  std::span<std::uint64_t> BucketOf(std::uint64_t hash) const {
    const std::size_t buckets = slots_.size() / kBucket;
    return slots_.subspan(((hash >> 32) & (buckets - 1)) * kBucket, kBucket);
  }

  std::span<std::uint64_t> slots_;  // the low half of the hash, then the number
  std::uint32_t added_ = 0;
};

}  // namespace geoclimate::cache
