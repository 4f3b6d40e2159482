#include "geoclimate/access/key_table.h"

#include <bit>
#include <cstring>
#include <utility>

namespace geoclimate::access {
namespace {

bool EqualInConstantTime(const formats::Sha256Digest& a, const formats::Sha256Digest& b) {
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.bytes.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a.bytes[i] ^ b.bytes[i]));
  }
  return difference == 0;
}

}  // namespace

KeyTable::KeyTable(std::vector<Entry> entries)
    : entries_(std::move(entries)), places_(std::bit_ceil(2 * entries_.size() + 2), 0) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::size_t place = PlaceOf(entries_[i].digest);
    while (places_[place] != 0) place = (place + 1) & (places_.size() - 1);
    places_[place] = static_cast<std::uint32_t>(i + 1);
  }
}

std::size_t KeyTable::PlaceOf(const formats::Sha256Digest& digest) const {
  std::uint64_t start = 0;
  std::memcpy(&start, digest.bytes.data(), sizeof start);
  return static_cast<std::size_t>(start) & (places_.size() - 1);
}

const KeyTable::Entry* KeyTable::Find(const formats::Sha256Digest& digest) const {
  for (std::size_t place = PlaceOf(digest); places_[place] != 0;
       place = (place + 1) & (places_.size() - 1)) {
    const Entry& entry = entries_[places_[place] - 1];
    if (EqualInConstantTime(entry.digest, digest)) return &entry;
  }
  return nullptr;
}

}  // namespace geoclimate::access
