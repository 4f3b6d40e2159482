#include "geoclimate/cache/fifo_shard.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace geoclimate::cache {
namespace {

// Bytes of a typical entry: what the index is sized for. With smaller ones the index is full
// before the log is.
constexpr std::size_t kTypicalEntryBytes = 160;

struct Layout {
  std::size_t words;
  std::size_t index;

  explicit Layout(std::size_t bytes)
      : words(bytes / 8), index(std::bit_ceil(bytes / kTypicalEntryBytes)) {}
};

std::int64_t Nanoseconds(base::Instant at) {
  return std::chrono::nanoseconds(at.time_since_epoch()).count();
}

std::uint64_t* Allocate(std::size_t words) {
  // Zeroed by the system as it is touched, so that an empty cache is small.
  void* const block = std::calloc(words, sizeof(std::uint64_t));
  if (block == nullptr) throw std::bad_alloc();
  return static_cast<std::uint64_t*>(block);
}

void Add(std::atomic<std::uint64_t>& count, std::uint64_t amount) {
  count.store(count.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

std::uint32_t TagOf(std::uint64_t hash_low) {
  return static_cast<std::uint32_t>(hash_low);
}

}  // namespace

void FifoShard::Free::operator()(std::uint64_t* block) const {
  std::free(block);
}

FifoShard::FifoShard(std::size_t bytes, ShardCounts& counts)
    : block_words_(Layout(bytes - sizeof(FifoShard)).words),
      block_(Allocate(block_words_)),
      log_({}),
      index_({}),
      counts_(counts) {
  const std::span<std::uint64_t> all(block_.get(), block_words_);
  const std::size_t index = Layout(bytes - sizeof(FifoShard)).index;
  log_ = EntryLog(all.first(block_words_ - index));
  index_ = KeyIndex(all.last(index));
}

std::uint32_t FifoShard::PlaceOf(const EntryHead& entry) const {
  const auto* const word = reinterpret_cast<const std::uint64_t*>(&entry);
  return static_cast<std::uint32_t>(word - block_.get()) + 1;
}

std::string_view FifoShard::KeyOf(const EntryHead& entry) {
  return {reinterpret_cast<const char*>(&entry + 1), entry.key_bytes};
}

std::string_view FifoShard::ValueOf(const EntryHead& entry) {
  return {reinterpret_cast<const char*>(&entry + 1) + entry.key_bytes, entry.value_bytes};
}

std::size_t FifoShard::SlotOf(const Hash& hash, std::string_view key) {
  return index_.Find(TagOf(hash.low), [&](std::uint32_t place) {
    const EntryHead& entry = EntryAt(place);
    return entry.hash_low == hash.low && entry.hash_high == hash.high && KeyOf(entry) == key;
  });
}

std::size_t FifoShard::SlotOf(const EntryHead& entry) {
  const std::uint32_t place = PlaceOf(entry);
  return index_.Find(TagOf(entry.hash_low), [&](std::uint32_t at) { return at == place; });
}

void FifoShard::Forget(EntryHead& entry, std::size_t slot) {
  index_.Erase(slot);
  entry.live = false;
  Add(counts_.entries, ~std::uint64_t{0});
  Add(counts_.bytes, std::uint64_t{0} - WordsOf(entry) * 8);
}

std::string_view FifoShard::Find(const Hash& hash, std::string_view key, base::Instant now) {
  const std::size_t slot = SlotOf(hash, key);
  if (slot == KeyIndex::kNone) return {};
  EntryHead& entry = EntryAt(index_.PlaceAt(slot));
  if (entry.expires_ns <= Nanoseconds(now)) {
    Forget(entry, slot);
    Add(counts_.expirations, 1);
    return {};
  }
  if (entry.reads < kMostReads) ++entry.reads;
  return ValueOf(entry);
}

// Lets the oldest entry go, or sends it round.
void FifoShard::PopTail(base::Instant now, int& moves) {
  EntryHead& entry = log_.At(log_.tail());
  log_.PopTail();
  if (!entry.live) return;
  const std::size_t slot = SlotOf(entry);
  const std::size_t words = WordsOf(entry);
  const bool expired = entry.expires_ns <= Nanoseconds(now);
  if (expired || entry.reads == 0 || moves == 0 || !log_.Fits(words)) {
    Forget(entry, slot);
    Add(counts_.evictions, 1);
    return;
  }
  --moves;
  EntryHead& to = log_.At(log_.Append(words));
  // In a full ring the new place overlaps the old one.
  std::memmove(static_cast<void*>(&to), static_cast<const void*>(&entry), words * 8);
  to.reads = 0;
  index_.MovePlace(slot, PlaceOf(to));
}

bool FifoShard::Insert(const Hash& hash, std::string_view key, std::string_view value,
                       base::Instant now, base::Instant expires) {
  const std::size_t words = EntryWords(key.size(), value.size());
  if (words > log_.capacity() / kMostShare) return false;
  if (const std::size_t known = SlotOf(hash, key); known != KeyIndex::kNone) {
    Forget(EntryAt(index_.PlaceAt(known)), known);
  }
  int moves = kMostMoves;
  while (index_.size() >= index_.most() || !log_.Fits(words)) PopTail(now, moves);
  EntryHead& entry = log_.At(log_.Append(words));
  entry = {.hash_low = hash.low,
           .hash_high = hash.high,
           .expires_ns = Nanoseconds(expires),
           .key_bytes = static_cast<std::uint32_t>(key.size()),
           .value_bytes = static_cast<std::uint32_t>(value.size()),
           .reads = 0,
           .live = true};
  char* const bytes = reinterpret_cast<char*>(&entry + 1);
  std::copy(key.begin(), key.end(), bytes);
  std::copy(value.begin(), value.end(), bytes + key.size());
  index_.Insert(TagOf(hash.low), PlaceOf(entry));
  Add(counts_.entries, 1);
  Add(counts_.bytes, words * 8);
  return true;
}

void FifoShard::Clear() {
  log_.Clear();
  index_.Clear();
  counts_.entries.store(0, std::memory_order_relaxed);
  counts_.bytes.store(0, std::memory_order_relaxed);
}

}  // namespace geoclimate::cache
