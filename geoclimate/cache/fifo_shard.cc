#include "geoclimate/cache/fifo_shard.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>

namespace geoclimate::cache {
namespace {

// Bytes of a typical entry: what the index is sized for. With smaller ones the index is full
// before the logs are.
constexpr std::size_t kTypicalEntryBytes = 160;
constexpr std::size_t kSmallShare = 10;  // of the logs, as in the paper

struct Layout {
  std::size_t words;
  std::size_t index;
  std::size_t ghosts;
  std::size_t small;
  std::size_t main;

  explicit Layout(std::size_t bytes)
      : words(bytes / 8),
        index(std::bit_ceil(bytes / kTypicalEntryBytes)),
        ghosts(index / 2),
        small((words - index - ghosts) / kSmallShare),
        main(words - index - ghosts - small) {}
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
      small_({}),
      main_({}),
      index_({}),
      ghosts_({}),
      counts_(counts) {
  const Layout layout(bytes - sizeof(FifoShard));
  const std::span<std::uint64_t> all(block_.get(), block_words_);
  small_ = EntryLog(all.first(layout.small));
  main_ = EntryLog(all.subspan(layout.small, layout.main));
  index_ = KeyIndex(all.subspan(layout.small + layout.main, layout.index));
  ghosts_ = GhostQueue(all.last(layout.ghosts));
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
  if (InMain(entry)) --in_main_;
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

// Copies an entry that its own log has let go to the head of `log`, which has room.
void FifoShard::MoveTo(EntryLog& log, EntryHead& entry, std::uint8_t reads) {
  const std::size_t slot = SlotOf(entry);
  const std::size_t words = WordsOf(entry);
  EntryHead& to = log.At(log.Append(words));
  // In a full ring the new place overlaps the old one.
  std::memmove(static_cast<void*>(&to), static_cast<const void*>(&entry), words * 8);
  to.reads = reads;
  index_.MovePlace(slot, PlaceOf(to));
}

void FifoShard::Evict(EntryHead& entry) {
  Forget(entry, SlotOf(entry));
  Add(counts_.evictions, 1);
}

void FifoShard::PopMain(base::Instant now, int& moves) {
  EntryHead& entry = main_.At(main_.tail());
  main_.PopTail();
  if (!entry.live) return;
  const bool expired = entry.expires_ns <= Nanoseconds(now);
  if (!expired && entry.reads > 0 && moves > 0 && main_.Fits(WordsOf(entry))) {
    --moves;
    MoveTo(main_, entry, entry.reads - 1);
    return;
  }
  Evict(entry);
}

void FifoShard::MakeRoomInMain(std::size_t words, base::Instant now, int& moves) {
  while (!main_.Fits(words)) PopMain(now, moves);
}

void FifoShard::PopSmall(base::Instant now, int& moves) {
  EntryHead& entry = small_.At(small_.tail());
  small_.PopTail();
  if (!entry.live) return;
  const bool expired = entry.expires_ns <= Nanoseconds(now);
  // While there is room in the main queue nothing is thrown out.
  const bool room = main_.Fits(WordsOf(entry)) && index_.size() < index_.most();
  if (!expired && (room || (entry.reads > 0 && moves > 0))) {
    if (!room) {
      --moves;
      MakeRoomInMain(WordsOf(entry), now, moves);
    }
    MoveTo(main_, entry, 0);
    ++in_main_;
    return;
  }
  if (!expired) ghosts_.Add(entry.hash_low);
  Evict(entry);
}

void FifoShard::MakeRoom(Queue queue, std::size_t words, base::Instant now) {
  int moves = kMostMoves;
  while (index_.size() >= index_.most()) {
    // Entries smaller than the typical one: the queues share the index as they share the bytes.
    const std::size_t in_small = index_.size() - in_main_;
    if (in_small * kSmallShare >= index_.size()) {
      PopSmall(now, moves);
    } else {
      PopMain(now, moves);
    }
  }
  if (queue == Queue::kMain) {
    MakeRoomInMain(words, now, moves);
  } else {
    while (!small_.Fits(words)) PopSmall(now, moves);
  }
}

bool FifoShard::Insert(const Hash& hash, std::string_view key, std::string_view value,
                       base::Instant now, base::Instant expires) {
  const std::size_t words = EntryWords(key.size(), value.size());
  if (words > small_.capacity() / 4) return false;
  const std::size_t known = SlotOf(hash, key);
  Queue queue = Queue::kSmall;
  if (known != KeyIndex::kNone) {
    EntryHead& entry = EntryAt(index_.PlaceAt(known));
    if (InMain(entry)) queue = Queue::kMain;
    Forget(entry, known);
  } else if (ghosts_.Take(hash.low, static_cast<std::uint32_t>(in_main_))) {
    queue = Queue::kMain;
  }
  MakeRoom(queue, words, now);
  EntryLog& log = queue == Queue::kMain ? main_ : small_;
  if (queue == Queue::kMain) ++in_main_;
  EntryHead& entry = log.At(log.Append(words));
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
  small_.Clear();
  main_.Clear();
  index_.Clear();
  ghosts_.Clear();
  in_main_ = 0;
  counts_.entries.store(0, std::memory_order_relaxed);
  counts_.bytes.store(0, std::memory_order_relaxed);
}

}  // namespace geoclimate::cache
