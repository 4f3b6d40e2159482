#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "geoclimate/base/clock.h"
#include "geoclimate/cache/entry_log.h"
#include "geoclimate/cache/key_index.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::cache {

// Written by who may write the shard, read by anybody at any time.
struct ShardCounts {
  std::atomic<std::uint64_t> entries{0};
  std::atomic<std::uint64_t> bytes{0};  // of live entries, with their heads
  std::atomic<std::uint64_t> evictions{0};
  std::atomic<std::uint64_t> expirations{0};
};

// One shard of a MemoryTier: entries in the order in which they came; at the end of the queue one
// that was read since goes round once more, the others go. This is CLOCK (F. Corbato, "A paging
// experiment with the Multics system", 1969) over entries of any size: a read only raises a count.
//
// One block of memory of `bytes`, taken by the constructor and touched as it fills; no method
// allocates. An insertion moves at most kMostMoves entries before it throws out what was read too,
// so that nobody waits long.
//
// Not thread-safe.
class FifoShard {
 public:
  // `counts` must outlive it.
  FifoShard(std::size_t bytes, ShardCounts& counts);
  FifoShard(const FifoShard&) = delete;
  FifoShard& operator=(const FifoShard&) = delete;

  static constexpr std::size_t kLeastBytes = std::size_t{256} << 10;
  static constexpr int kMostMoves = 16;

  using Hash = formats::Xxh3Digest128;
  // The value of `key`, valid until the next call; null data when there is none, or an expired one,
  // which goes. Compares the whole key.
  std::string_view Find(const Hash& hash, std::string_view key, base::Instant now);
  // Adds or replaces. False when the entry is larger than kMostShare of the shard, which would
  // throw out too much: nothing is changed then.
  static constexpr std::size_t kMostShare = 32;  // a thirty-second
  bool Insert(const Hash& hash, std::string_view key, std::string_view value, base::Instant now,
              base::Instant expires);
  // Everything goes.
  void Clear();

  std::size_t bytes() const { return sizeof(FifoShard) + block_words_ * 8; }

  // A walk over the live entries that may be put down between steps while the shard is used: start
  // with {}, go on with what Visit() gives, up to `done`. An entry that moves meanwhile may be met
  // twice or not at all.
  struct Cursor {
    std::uint64_t position = 0;
    bool done = false;
  };
  struct Visited {
    std::string_view key;
    unsigned reads = 0;  // since it came or went round, at most kMostReads
  };
  // Visits at most `most` entries from there.
  template <typename Visitor>
  Cursor Visit(Cursor from, int most, const Visitor& visitor);

 private:
  struct Free {
    void operator()(std::uint64_t* block) const;
  };
  EntryHead& EntryAt(std::uint32_t place) {
    return *reinterpret_cast<EntryHead*>(&block_[place - 1]);
  }
  std::uint32_t PlaceOf(const EntryHead& entry) const;
  static std::string_view KeyOf(const EntryHead& entry);
  static std::string_view ValueOf(const EntryHead& entry);
  static std::size_t WordsOf(const EntryHead& entry) {
    return EntryWords(entry.key_bytes, entry.value_bytes);
  }

  // The slot of a key, KeyIndex::kNone when it has none; that of an entry, which has one.
  std::size_t SlotOf(const Hash& hash, std::string_view key);
  std::size_t SlotOf(const EntryHead& entry);
  void Forget(EntryHead& entry, std::size_t slot);
  void PopTail(base::Instant now, int& moves);

  std::size_t block_words_;
  std::unique_ptr<std::uint64_t[], Free> block_;
  EntryLog log_;
  KeyIndex index_;
  ShardCounts& counts_;
};

template <typename Visitor>
FifoShard::Cursor FifoShard::Visit(Cursor from, int most, const Visitor& visitor) {
  std::uint64_t position = from.position < log_.tail() ? log_.tail() : from.position;
  for (; most > 0 && position < log_.head(); --most, position = log_.Next(position)) {
    const EntryHead& entry = log_.At(position);
    if (entry.live) visitor(Visited{.key = KeyOf(entry), .reads = entry.reads});
  }
  return {.position = position, .done = position >= log_.head()};
}

}  // namespace geoclimate::cache
