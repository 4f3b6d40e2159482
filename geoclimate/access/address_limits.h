#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "geoclimate/access/address.h"
#include "geoclimate/access/leased_bucket.h"
#include "geoclimate/access/rate_limit.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/resilience/token_bucket.h"

namespace geoclimate::access {

// A rate for each address that shows nothing valid, so that guessing keys, or asking without one
// again and again, costs this server little. An IPv6 network of 64 bits counts as one address: its
// holder has all of it.
//
// What it keeps is bounded. Thread-safe; addresses are spread over locks of their own, and callers
// with a valid key never come here.
class AddressLimits {
 public:
  // `clock` outlives it.
  AddressLimits(const RateLimitOptions& options, const base::Clock& clock);

  struct Taken {
    bool admitted = true;
    Standing standing;
  };
  Taken Take(const Address& address);
  // Addresses that are kept, for tests.
  std::size_t size() const;

 private:
  static constexpr std::size_t kShards = 64;
  struct Entry {
    std::shared_ptr<LeasedBucket> bucket;
    base::Instant last;
  };
  struct Hash {
    std::size_t operator()(const Address& address) const;
  };
  struct alignas(64) Shard {
    mutable base::Mutex mutex;
    std::unordered_map<Address, Entry, Hash> entries GUARDED_BY(mutex);
  };
  void MakeRoom(Shard& shard) const REQUIRES(shard.mutex);

  const RateLimitOptions options_;
  const resilience::TokenBucketOptions bucket_;
  const base::Clock& clock_;
  const std::size_t most_a_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace geoclimate::access
