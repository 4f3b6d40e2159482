#include "geoclimate/cache/key_index.h"

#include <algorithm>

namespace geoclimate::cache {

void KeyIndex::Insert(std::uint32_t tag, std::uint32_t place) {
  std::size_t slot = Home(tag);
  while (slots_[slot] != 0) slot = Next(slot);
  slots_[slot] = Content(tag, place);
  ++size_;
}

void KeyIndex::Erase(std::size_t slot) {
  std::size_t gap = slot;
  for (std::size_t later = Next(gap); slots_[later] != 0; later = Next(later)) {
    // An entry may move back as far as its home, not before it.
    const std::size_t home = Home(TagOf(slots_[later]));
    if (Distance(home, later) < Distance(gap, later)) continue;
    slots_[gap] = slots_[later];
    gap = later;
  }
  slots_[gap] = 0;
  --size_;
}

void KeyIndex::Clear() {
  std::fill(slots_.begin(), slots_.end(), 0);
  size_ = 0;
}

}  // namespace geoclimate::cache
