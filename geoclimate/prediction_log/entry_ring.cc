#include "geoclimate/prediction_log/entry_ring.h"

#include <bit>

#include "geoclimate/base/check.h"

namespace geoclimate::prediction_log {

EntryRing::EntryRing(std::size_t bytes)
    : size_(bytes),
      words_(std::make_unique_for_overwrite<std::uint64_t[]>(bytes / sizeof(std::uint64_t))) {
  GC_CHECK(std::has_single_bit(bytes) && bytes >= 64, "a ring's size is a power of two");
}

std::span<std::byte> EntryRing::Reserve(std::size_t bytes) {
  GC_CHECK(bytes > 0 && bytes <= most_bytes(), "a record is no larger than the ring says");
  const std::size_t needed =
      sizeof(std::uint64_t) + (bytes + kAlignment - 1) / kAlignment * kAlignment;
  const std::uint64_t head = head_.load(std::memory_order_relaxed);
  const std::size_t place = head % size_;
  // Places are aligned, so that there is always room for a size.
  const std::size_t to_the_end = size_ - place;
  const std::size_t skipped = needed > to_the_end ? to_the_end : 0;
  const std::uint64_t after = head + skipped + needed;
  if (after - tail_.load(std::memory_order_acquire) > size_) return {};
  if (skipped > 0) words_[place / sizeof(std::uint64_t)] = kWrapped;
  std::uint64_t* const record = &words_[(head + skipped) % size_ / sizeof(std::uint64_t)];
  *record = bytes;
  reserved_ = after;
  return {reinterpret_cast<std::byte*>(record + 1), bytes};
}

void EntryRing::Drain(const std::function<void(std::span<const std::byte>)>& visit) {
  const std::uint64_t head = head_.load(std::memory_order_acquire);
  std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  while (tail != head) {
    const std::size_t place = tail % size_;
    const std::uint64_t* const record = &words_[place / sizeof(std::uint64_t)];
    if (*record == kWrapped) {
      tail += size_ - place;
      continue;
    }
    const auto bytes = static_cast<std::size_t>(*record);
    visit({reinterpret_cast<const std::byte*>(record + 1), bytes});
    tail += sizeof(std::uint64_t) + (bytes + kAlignment - 1) / kAlignment * kAlignment;
    tail_.store(tail, std::memory_order_release);
  }
}

}  // namespace geoclimate::prediction_log
