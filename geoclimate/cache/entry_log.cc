#include "geoclimate/cache/entry_log.h"

namespace geoclimate::cache {

std::uint64_t EntryLog::Append(std::size_t words) {
  const std::uint64_t position = Begin(words);
  if (empty()) {
    tail_ = position;
  } else if (position != head_) {
    skip_from_ = head_;
  }
  head_ = position + words;
  return position;
}

void EntryLog::PopTail() {
  tail_ = Next(tail_);
}

std::uint64_t EntryLog::Next(std::uint64_t position) {
  const EntryHead& entry = At(position);
  const std::uint64_t next = position + EntryWords(entry.key_bytes, entry.value_bytes);
  if (next != skip_from_ || next == head_) return next;
  return next + (words_.size() - Offset(next));
}

void EntryLog::Clear() {
  tail_ = 0;
  head_ = 0;
  skip_from_ = 0;
}

}  // namespace geoclimate::cache
