#include "geoclimate/cache/memory_tier.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace geoclimate::cache {
namespace {

// What the allocator may add to a shard's block: its own head, and up to a whole page.
constexpr std::size_t kRounding = 4096 + 64;

std::size_t ShardCount(const MemoryTierOptions& options) {
  const std::size_t room = std::max<std::size_t>(options.max_bytes / FifoShard::kLeastBytes, 1);
  return std::bit_floor(std::min(std::max<std::size_t>(options.shards, 1), room));
}

}  // namespace

base::Result<void> MemoryTierOptions::Validate() const {
  if (max_bytes < FifoShard::kLeastBytes) {
    return base::InvalidArgument("max_bytes must be at least 262144");
  }
  if (max_bytes / ShardCount(*this) > (std::size_t{1} << 34)) {
    return base::InvalidArgument("max_bytes must be at most 16 GiB a shard");
  }
  if (ttl <= std::chrono::nanoseconds::zero()) {
    return base::InvalidArgument("ttl must be above 0");
  }
  return {};
}

MemoryTier::MemoryTier(const MemoryTierOptions& options) : options_(options) {
  const std::size_t count = ShardCount(options);
  const std::size_t bytes = options.max_bytes / count;
  for (std::size_t i = 0; i < count; ++i) {
    Shard& shard = shards_.emplace_back(bytes - (sizeof(Shard) - sizeof(FifoShard)) - kRounding);
    const base::MutexLock lock(shard.mutex);
    reserved_bytes_ += sizeof(Shard) - sizeof(FifoShard) + shard.fifo.bytes();
  }
}

MemoryTier::Found MemoryTier::Find(const formats::Xxh3Digest128& hash, std::string_view key,
                                   base::Instant now, std::span<char> value) {
  Found found;
  found.place.hash = hash;
  Shard& shard = ShardOf(hash);
  const base::MutexLock lock(shard.mutex);
  found.place.generation = shard.generation;
  const std::string_view kept = shard.fifo.Find(found.place.hash, key, now);
  if (kept.data() == nullptr || kept.size() > value.size()) return found;
  std::copy(kept.begin(), kept.end(), value.begin());
  found.value_bytes = kept.size();
  return found;
}

void MemoryTier::Insert(const Place& place, std::string_view key, std::string_view value,
                        base::Instant now) {
  Shard& shard = ShardOf(place.hash);
  const base::MutexLock lock(shard.mutex);
  if (shard.generation != place.generation) return;
  static_cast<void>(shard.fifo.Insert(place.hash, key, value, now, now + options_.ttl));
}

void MemoryTier::Clear() {
  for (Shard& shard : shards_) {
    const base::MutexLock lock(shard.mutex);
    ++shard.generation;
    shard.fifo.Clear();
  }
}

std::vector<std::string> MemoryTier::HottestKeys(
    std::size_t most, const std::function<bool(std::string_view)>& wanted) {
  constexpr int kEntriesAtATime = 32;
  std::vector<std::pair<unsigned, std::string>> keys;
  for (Shard& shard : shards_) {
    FifoShard::Cursor cursor;
    while (!cursor.done) {
      const base::MutexLock lock(shard.mutex);
      cursor = shard.fifo.Visit(cursor, kEntriesAtATime, [&](const FifoShard::Visited& entry) {
        if (!wanted(entry.key)) return;
        keys.emplace_back(entry.reads, std::string(entry.key));
      });
    }
  }
  const auto last = keys.begin() + static_cast<std::ptrdiff_t>(std::min(most, keys.size()));
  std::partial_sort(keys.begin(), last, keys.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::vector<std::string> hottest;
  hottest.reserve(std::min(most, keys.size()));
  for (auto entry = keys.begin(); entry != last; ++entry) {
    hottest.push_back(std::move(entry->second));
  }
  return hottest;
}

MemoryTier::Statistics MemoryTier::statistics() const {
  Statistics sum;
  for (const Shard& shard : shards_) {
    const ShardCounts& counts = shard.counts;
    sum.entries += counts.entries.load(std::memory_order_relaxed);
    sum.bytes += counts.bytes.load(std::memory_order_relaxed);
    sum.evictions += counts.evictions.load(std::memory_order_relaxed);
    sum.expirations += counts.expirations.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace geoclimate::cache
