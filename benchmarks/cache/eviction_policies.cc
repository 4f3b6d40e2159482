#include "benchmarks/cache/eviction_policies.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <unordered_map>
#include <unordered_set>

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

namespace {

class S3Fifo {
 public:
  explicit S3Fifo(std::size_t capacity) : capacity_(capacity) {}

  // Whether the key was there; it is afterwards.
  bool Ask(std::uint64_t key) {
    if (const auto found = reads_.find(key); found != reads_.end()) {
      found->second = std::min(found->second + 1, 3);
      return true;
    }
    while (reads_.size() >= capacity_) Evict();
    (ghosts_.erase(key) > 0 ? main_ : small_).push_back(key);
    reads_[key] = 0;
    return false;
  }

 private:
  void Evict() {
    if (small_.size() * 10 >= capacity_ || main_.empty()) {
      EvictSmall();
    } else {
      EvictMain();
    }
  }
  void EvictSmall() {
    const std::uint64_t key = small_.front();
    small_.pop_front();
    int& reads = reads_.at(key);
    if (reads > 0) {
      reads = 0;
      main_.push_back(key);
      return;
    }
    reads_.erase(key);
    ghosts_.insert(key);
    ghost_order_.push_back(key);
    while (ghost_order_.size() > capacity_ - capacity_ / 10) {
      ghosts_.erase(ghost_order_.front());
      ghost_order_.pop_front();
    }
  }
  void EvictMain() {
    const std::uint64_t key = main_.front();
    main_.pop_front();
    int& reads = reads_.at(key);
    if (reads > 0) {
      --reads;
      main_.push_back(key);
    } else {
      reads_.erase(key);
    }
  }

  const std::size_t capacity_;
  std::deque<std::uint64_t> small_;
  std::deque<std::uint64_t> main_;
  std::deque<std::uint64_t> ghost_order_;
  std::unordered_set<std::uint64_t> ghosts_;
  std::unordered_map<std::uint64_t, int> reads_;
};

}  // namespace

double HitRateOfS3Fifo(const std::vector<std::uint64_t>& requests, std::size_t capacity) {
  S3Fifo cache(capacity);
  const auto hits = std::count_if(requests.begin(), requests.end(),
                                  [&cache](std::uint64_t key) { return cache.Ask(key); });
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
