#include "geoclimate/store/day_set.h"

#include <bit>

#include "geoclimate/base/check.h"

namespace geoclimate::store {
namespace {

std::uint8_t ByteOf(char c) {
  return static_cast<std::uint8_t>(c);
}

// The greatest multiple of 8 that is not above `number`.
std::int32_t RoundDown(std::int32_t number) {
  return number & ~7;
}

}  // namespace

DaySet DaySet::Decode(std::string_view bytes, base::LocalDay first_bit_day) {
  DaySet set;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      if ((ByteOf(bytes[i]) >> bit & 1) == 0) continue;
      set.Add(first_bit_day + std::chrono::days(static_cast<int>(i) * 8 + bit));
    }
  }
  return set;
}

bool DaySet::Add(base::LocalDay day) {
  const std::int32_t number = base::DayNumber(day);
  if (bytes_.empty()) from_ = RoundDown(number);
  if (number < from_) {
    const std::int32_t from = RoundDown(number);
    bytes_.insert(0, static_cast<std::size_t>(from_ - from) / 8, '\0');
    from_ = from;
  }
  const std::size_t index = static_cast<std::size_t>(number - from_) / 8;
  if (index >= bytes_.size()) bytes_.resize(index + 1, '\0');
  const std::uint8_t mask = static_cast<std::uint8_t>(1u << (number & 7));
  if ((ByteOf(bytes_[index]) & mask) != 0) return false;
  bytes_[index] = static_cast<char>(ByteOf(bytes_[index]) | mask);
  ++count_;
  return true;
}

base::LocalDay DaySet::first() const {
  GC_CHECK(!empty(), "an empty set has no first day");
  return base::DayFromNumber(from_ + std::countr_zero(ByteOf(bytes_.front())));
}

base::LocalDay DaySet::last() const {
  GC_CHECK(!empty(), "an empty set has no last day");
  const auto last_byte = static_cast<std::int32_t>(bytes_.size()) - 1;
  return base::DayFromNumber(from_ + last_byte * 8 + 7 - std::countl_zero(ByteOf(bytes_.back())));
}

}  // namespace geoclimate::store
