#include "benchmarks/cache/eviction_policies.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <string>
#include <unordered_map>

#include "geoclimate/cache/memory_tier.h"

namespace geoclimate::bench {

double HitRateOfLru(const std::vector<std::uint64_t>& requests, std::size_t capacity) {
  std::list<std::uint64_t> order;
  std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> kept;
  std::size_t hits = 0;
  for (const std::uint64_t key : requests) {
    if (const auto found = kept.find(key); found != kept.end()) {
      ++hits;
      order.splice(order.begin(), order, found->second);
      continue;
    }
    if (kept.size() == capacity) {
      kept.erase(order.back());
      order.pop_back();
    }
    order.push_front(key);
    kept[key] = order.begin();
  }
  return static_cast<double>(hits) / static_cast<double>(requests.size());
}

double HitRateOfClock(const std::vector<std::uint64_t>& requests, std::size_t capacity) {
  struct Slot {
    std::uint64_t key = 0;
    bool read = false;
  };
  std::vector<Slot> slots;
  std::unordered_map<std::uint64_t, std::size_t> kept;
  std::size_t hand = 0;
  std::size_t hits = 0;
  for (const std::uint64_t key : requests) {
    if (const auto found = kept.find(key); found != kept.end()) {
      ++hits;
      slots[found->second].read = true;
      continue;
    }
    if (slots.size() < capacity) {
      kept[key] = slots.size();
      slots.push_back({.key = key});
      continue;
    }
    while (slots[hand].read) {
      slots[hand].read = false;
      hand = (hand + 1) % capacity;
    }
    kept.erase(slots[hand].key);
    slots[hand] = {.key = key};
    kept[key] = hand;
    hand = (hand + 1) % capacity;
  }
  return static_cast<double>(hits) / static_cast<double>(requests.size());
}

TierResult HitRateOfTier(const std::vector<std::uint64_t>& requests, std::size_t bytes,
                         std::size_t value_bytes) {
  cache::MemoryTier tier({.max_bytes = bytes, .ttl = std::chrono::hours(1), .shards = 1});
  std::string value(value_bytes, 'v');
  const base::Instant now{std::chrono::seconds(1)};
  TierResult result;
  std::size_t hits = 0;
  for (const std::uint64_t number : requests) {
    const std::string_view key(reinterpret_cast<const char*>(&number), sizeof(number));
    const auto found = tier.Find(key, now, value);
    if (found.hit()) {
      ++hits;
    } else {
      tier.Insert(found.place, key, value, now);
      result.entries = std::max<std::size_t>(result.entries, tier.statistics().entries);
    }
  }
  result.hit_rate = static_cast<double>(hits) / static_cast<double>(requests.size());
  return result;
}

}  // namespace geoclimate::bench
