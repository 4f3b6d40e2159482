#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace geoclimate::cache {

// Where entries lie, by 32 bits of their hash: a table with linear probing whose gaps are closed
// when an entry goes, so that it does not slow down with age. Equal bits say nothing about equal
// keys: the caller looks at the entry. A place is any number but 0.
//
// Not thread-safe. `slots`, a power of two of them and zero at first, must outlive it.
class KeyIndex {
 public:
  explicit KeyIndex(std::span<std::uint64_t> slots) : slots_(slots) {}

  // Entries that it takes: above that, probing gets long.
  std::size_t most() const { return slots_.size() / 8 * 7; }
  std::size_t size() const { return size_; }

  static constexpr std::size_t kNone = ~std::size_t{0};
  // The slot of the first place with this tag for which `matches(place)`, or kNone.
  template <typename Matches>
  std::size_t Find(std::uint32_t tag, Matches matches) const {
    for (std::size_t slot = Home(tag);; slot = Next(slot)) {
      const std::uint64_t content = slots_[slot];
      if (content == 0) return kNone;
      if (TagOf(content) == tag && matches(PlaceOf(content))) return slot;
    }
  }
  std::uint32_t PlaceAt(std::size_t slot) const { return PlaceOf(slots_[slot]); }
  void MovePlace(std::size_t slot, std::uint32_t place) {
    slots_[slot] = Content(TagOf(slots_[slot]), place);
  }

  // size() must be below most().
  void Insert(std::uint32_t tag, std::uint32_t place);
  void Erase(std::size_t slot);
  void Clear();

 private:
  static std::uint32_t TagOf(std::uint64_t content) {
    return static_cast<std::uint32_t>(content >> 32);
  }
  static std::uint32_t PlaceOf(std::uint64_t content) {
    return static_cast<std::uint32_t>(content);
  }
  static std::uint64_t Content(std::uint32_t tag, std::uint32_t place) {
    return (std::uint64_t{tag} << 32) | place;
  }
  std::size_t Home(std::uint32_t tag) const { return tag & (slots_.size() - 1); }
  std::size_t Next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  // Steps from `from` to `to`.
  std::size_t Distance(std::size_t from, std::size_t to) const {
    return (to - from) & (slots_.size() - 1);
  }

  std::span<std::uint64_t> slots_;
  std::size_t size_ = 0;
};

}  // namespace geoclimate::cache
