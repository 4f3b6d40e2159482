#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/fifo_shard.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::cache {

struct MemoryTierOptions {
  // All memory of the cache: entries, their heads, indices. Taken as it fills, never above.
  // Larger keeps more; a look-up costs more once it no longer fits the processor's caches.
  std::size_t max_bytes = std::size_t{64} << 20;
  // An entry is not found after so long. Larger keeps answers longer.
  std::chrono::nanoseconds ttl = std::chrono::seconds(300);
  // Rounded down to a power of two, and to what leaves each FifoShard::kLeastBytes. More makes it
  // rarer that two threads meet at one; an entry may take about a thirty-second of a shard's bytes.
  std::size_t shards = 16;
  // Random in a process that serves strangers, or they could choose keys that collide. Colliding
  // keys are slow to find, never mistaken for each other.
  std::uint64_t seed = 0;
  // Tests put in one that collides.
  using Hash = formats::Xxh3Digest128 (*)(std::string_view key, std::uint64_t seed);
  Hash hash = &formats::Xxh3Of128;

  base::Result<void> Validate() const;
};

// Values by keys, both bytes, in the memory of this process: CLOCK in shards (FifoShard), each
// behind a lock that is held for a look-up or an insertion only. A key is compared whole: equal
// hashes never give the answer of another key. An insertion is remembered or not; nothing fails.
//
//   std::array<char, 8> value;
//   const auto found = tier.Find(key, now, value);
//   if (!found.hit()) tier.Insert(found.place, key, Compute(key), now);
//
// No method but HottestKeys() allocates. Thread-safe.
class MemoryTier {
 public:
  // `options` must be valid. Throws std::bad_alloc when there is no memory.
  explicit MemoryTier(const MemoryTierOptions& options);

  // Where a key belongs, and since when: what was computed before a Clear() is not kept after it.
  struct Place {
    formats::Xxh3Digest128 hash;
    std::uint64_t generation = 0;
  };
  struct Found {
    static constexpr std::size_t kNothing = ~std::size_t{0};
    Place place;
    std::size_t value_bytes = kNothing;
    bool hit() const { return value_bytes != kNothing; }
  };
  // Copies the value of `key` into `value`; one that is longer than that counts as not found.
  Found Find(std::string_view key, base::Instant now, std::span<char> value) {
    return Find(HashOf(key), key, now, value);
  }
  // The same for a caller that has looked at the hash before.
  formats::Xxh3Digest128 HashOf(std::string_view key) const {
    return options_.hash(key, options_.seed);
  }
  Found Find(const formats::Xxh3Digest128& hash, std::string_view key, base::Instant now,
             std::span<char> value);

  // Keeps a value for options().ttl from `now`, in place of the one that the key may have. Does
  // nothing after a Clear() since `place` was found, and with an entry that is too large.
  void Insert(const Place& place, std::string_view key, std::string_view value, base::Instant now);

  // Nothing that is in it now is found afterwards, nor what is inserted for a Place from before.
  void Clear();

  // At most `most` keys that `wanted` says yes to, the most read first as far as two bits tell.
  // Holds each lock for a few entries at a time; keys that come or go meanwhile may be missed.
  std::vector<std::string> HottestKeys(std::size_t most,
                                       const std::function<bool(std::string_view)>& wanted);

  struct Statistics {
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  // of live entries
    std::uint64_t evictions = 0;
    std::uint64_t expirations = 0;
  };
  // Reads counters; never waits.
  Statistics statistics() const;
  // What the shards have taken from the system, whether it has been touched or not.
  std::size_t reserved_bytes() const { return reserved_bytes_; }
  std::size_t shards() const { return shards_.size(); }
  const MemoryTierOptions& options() const { return options_; }

 private:
  struct alignas(64) Shard {
    explicit Shard(std::size_t bytes) : fifo(bytes, counts) {}
    base::Mutex mutex;
    ShardCounts counts;
    std::uint64_t generation GUARDED_BY(mutex) = 0;
    FifoShard fifo GUARDED_BY(mutex);
  };
  Shard& ShardOf(const formats::Xxh3Digest128& hash) {
    return shards_[hash.high & (shards_.size() - 1)];
  }

  MemoryTierOptions options_;
  std::deque<Shard> shards_;
  std::size_t reserved_bytes_ = 0;
};

}  // namespace geoclimate::cache
