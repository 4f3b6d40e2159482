#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/deadline.h"
#include "geoclimate/base/result.h"
#include "geoclimate/cache/memory_tier.h"
#include "geoclimate/cache/redis_tier.h"

namespace geoclimate::cache {

// A tier in this process's memory and, if there is one, a tier that processes share behind it. A
// key of the first may name what only this process knows; one of the second means the same to all,
// and should hold the generation, so that clearing the cache changes it.
//
// Memory is looked into by its own methods, which never wait. What memory does not have may be
// asked of the shared tier, where that is worth a round trip; what it has comes into memory.
//
// Thread-safe but for Share().
class TieredCache {
 public:
  TieredCache(const MemoryTierOptions& options, const base::Clock& clock)
      : memory_(options), clock_(clock) {}

  // Before anybody uses the cache. `tier` is destroyed before the cache, and used no more then.
  void Share(RedisTier& tier) { shared_ = &tier; }

  MemoryTier& memory() { return memory_; }
  const MemoryTier& memory() const { return memory_; }
  // Null when there is none.
  RedisTier* shared() const { return shared_; }

  // Nothing that was kept until now is found any more: memory is emptied. `generation`, which
  // processes that share a tier agree upon, goes into the keys of the shared one.
  void Clear(std::uint64_t generation) {
    generation_.store(generation, std::memory_order_release);
    memory_.Clear();
  }
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

  struct Wanted {
    // Where it belongs in memory; nothing: it does not come there.
    std::optional<MemoryTier::Place> place;
    std::string key;
    std::string shared_key;
    // A value of another size counts as none.
    std::size_t value_bytes = 0;
  };
  // Calls `done` once, by a thread of the tier or before this returns, with a value for each that
  // was wanted or, if not all of them were found, with none. See TierQuestion for the others. There
  // must be a shared tier.
  using Done = std::function<void(std::span<const std::string> values)>;
  void FindShared(std::vector<Wanted> wanted, base::Deadline deadline,
                  std::chrono::milliseconds lease, Done done);

  // Brings into memory what the shared tier has of these; how many. For a background thread.
  // Errors: RedisTier::Load's.
  base::Result<std::size_t> Fetch(std::span<const Wanted> wanted, base::Deadline deadline);

 private:
  void KeepInMemory(const Wanted& one, std::string_view value);

  MemoryTier memory_;
  const base::Clock& clock_;
  RedisTier* shared_ = nullptr;
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace geoclimate::cache
