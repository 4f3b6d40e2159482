#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace geoclimate::cache {

// What stands before the key and the value of an entry in a log.
struct EntryHead {
  std::uint64_t hash_low = 0;
  std::uint64_t hash_high = 0;
  std::int64_t expires_ns = 0;  // of the monotonic clock
  std::uint32_t key_bytes = 0;
  std::uint32_t value_bytes = 0;
  std::uint8_t reads = 0;  // since it came or went round; stops at kMostReads
  bool live = false;       // false: no key leads here any more
};
inline constexpr std::uint8_t kMostReads = 3;

// Words of 8 bytes that an entry takes.
constexpr std::size_t EntryWords(std::size_t key_bytes, std::size_t value_bytes) {
  return (sizeof(EntryHead) + key_bytes + value_bytes + 7) / 8;
}

// Entries one after another in a ring of words: appended at the head, taken from the tail, never
// moved in between, so that memory does not fragment whatever their sizes. An entry lies in one
// piece; what is left before the end of the ring when one does not fit there is skipped. One of at
// most half of the ring fits once enough of the others have gone.
//
// Positions count words ever passed; Offset() is where in the ring one lies. Not thread-safe.
// `words` must outlive the log.
class EntryLog {
 public:
  explicit EntryLog(std::span<std::uint64_t> words) : words_(words) {}

  std::size_t capacity() const { return words_.size(); }
  bool empty() const { return tail_ == head_; }
  std::uint64_t tail() const { return tail_; }
  std::uint64_t head() const { return head_; }
  std::size_t Offset(std::uint64_t position) const { return position % words_.size(); }
  EntryHead& At(std::uint64_t position) { return AtOffset(Offset(position)); }
  EntryHead& AtOffset(std::size_t offset) { return *reinterpret_cast<EntryHead*>(&words_[offset]); }

  // Whether Append() has room for an entry of so many words.
  bool Fits(std::size_t words) const { return Begin(words) + words - tail_ <= words_.size(); }
  // The position of a new entry, of which nothing is written yet. Fits() must hold.
  std::uint64_t Append(std::size_t words);
  // Lets the oldest entry go; its words stay readable until the next Append().
  void PopTail();
  // The position after that of an entry.
  std::uint64_t Next(std::uint64_t position);
  void Clear();

 private:
  std::uint64_t Begin(std::size_t words) const {
    const std::size_t offset = Offset(head_);
    return offset + words <= words_.size() ? head_ : head_ + (words_.size() - offset);
  }

  std::span<std::uint64_t> words_;
  std::uint64_t tail_ = 0;
  std::uint64_t head_ = 0;
  // Where the skipped words before the end of the ring begin. Between tail and head lies at most
  // one end of the ring, so there is at most one such place.
  std::uint64_t skip_from_ = 0;
};

}  // namespace geoclimate::cache
