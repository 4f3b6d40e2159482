#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

namespace geoclimate::prediction_log {

// Records of bytes on their way from the threads that write them to the one that reads: bounded,
// in the order of writing. A writer never waits: what finds no room is the writer's to count. No
// operation locks or allocates.
//
//   if (!ring.TryEnter()) ...another ring
//   const std::span<std::byte> space = ring.Reserve(size);
//   if (!space.empty()) ...fill it, ring.Publish();
//   ring.Leave();
//
// One writer is inside at a time; Drain() is for one reader at a time, beside the writer.
class EntryRing {
 public:
  // `bytes` is a power of two, at least 64.
  explicit EntryRing(std::size_t bytes);
  EntryRing(const EntryRing&) = delete;
  EntryRing& operator=(const EntryRing&) = delete;

  // False while another writer is inside.
  bool TryEnter() { return !is_entered_.exchange(true, std::memory_order_acquire); }
  void Leave() { is_entered_.store(false, std::memory_order_release); }

  // The greatest record that is ever taken.
  std::size_t most_bytes() const { return size_ / 4; }
  // Room for a record, aligned for any number; empty when there is none now. `bytes` is at least 1
  // and at most most_bytes().
  std::span<std::byte> Reserve(std::size_t bytes);
  // Shows what was reserved last to the reader.
  void Publish() { head_.store(reserved_, std::memory_order_release); }

  // Gives every record that was published by now to `visit`, and frees its room.
  void Drain(const std::function<void(std::span<const std::byte>)>& visit);

 private:
  static constexpr std::size_t kAlignment = 8;
  // In place of a record's size: the next one begins where the memory does.
  static constexpr std::uint64_t kWrapped = ~std::uint64_t{0};

  const std::size_t size_;
  const std::unique_ptr<std::uint64_t[]> words_;  // aligned; untouched memory is not resident
  // Positions rise for ever; the place is their remainder.
  alignas(64) std::atomic<bool> is_entered_{false};
  std::uint64_t reserved_ = 0;  // of the writer inside
  std::atomic<std::uint64_t> head_{0};
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace geoclimate::prediction_log
