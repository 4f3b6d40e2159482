// A look-up that finds, and one that does not and inserts, by one thread and by two that share the
// tier: whether shards with a lock each are enough.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "geoclimate/cache/memory_tier.h"

namespace geoclimate::cache {
namespace {

constexpr std::size_t kKeyBytes = 16 + 24 * sizeof(float);
constexpr std::size_t kKeys = 4096;

MemoryTier& Tier(std::size_t shards) {
  static MemoryTier one({.max_bytes = std::size_t{64} << 20, .shards = 1});
  static MemoryTier many({.max_bytes = std::size_t{64} << 20, .shards = 16});
  return shards == 1 ? one : many;
}

std::vector<std::string> Keys() {
  std::mt19937 random(5);
  std::vector<std::string> keys(kKeys, std::string(kKeyBytes, '\0'));
  for (std::string& key : keys) {
    for (char& byte : key) byte = static_cast<char>(random());
  }
  return keys;
}

const base::Instant kNow{std::chrono::seconds(1)};

void FindThatHits(benchmark::State& state) {
  MemoryTier& tier = Tier(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::string> keys = Keys();
  std::array<char, 4> value{};
  for (const std::string& key : keys) {
    tier.Insert(tier.Find(key, kNow, value).place, key, "1234", kNow);
  }
  // Each thread at a place of its own.
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 1009;
  std::size_t hits = 0;
  for (auto _ : state) {
    hits += tier.Find(keys[++i % kKeys], kNow, value).hit() ? 1U : 0U;
  }
  state.counters["hit_rate"] =
      benchmark::Counter(static_cast<double>(hits) / static_cast<double>(state.iterations()),
                         benchmark::Counter::kAvgThreads);
}
BENCHMARK(FindThatHits)->Arg(1)->Arg(16)->Threads(1)->Threads(2)->UseRealTime();

void MissAndInsert(benchmark::State& state) {
  MemoryTier& tier = Tier(static_cast<std::size_t>(state.range(0)));
  std::string key(kKeyBytes, static_cast<char>('a' + state.thread_index()));
  std::array<char, 4> value{};
  std::uint64_t number = 0;
  for (auto _ : state) {
    ++number;
    std::memcpy(key.data(), &number, sizeof(number));
    const auto found = tier.Find(key, kNow, value);
    tier.Insert(found.place, key, "1234", kNow);
  }
}
BENCHMARK(MissAndInsert)->Arg(1)->Arg(16)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace geoclimate::cache
