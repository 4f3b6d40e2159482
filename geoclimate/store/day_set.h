#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "geoclimate/base/day.h"

namespace geoclimate::store {

// A set of days as one bit a day, for days that lie close together: a century takes 4.6 kB.
//
// Encoded as its bytes: bit i of byte j is the day FirstBitDay() + 8 j + i. Neither the first nor
// the last byte is zero, so equal sets have equal bytes.
class DaySet {
 public:
  DaySet() = default;
  // The inverse of Bytes() and FirstBitDay(). Any bytes are a set.
  static DaySet Decode(std::string_view bytes, base::LocalDay first_bit_day);

  // True when it was not there.
  bool Add(base::LocalDay day);

  bool empty() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  // Of a set that is not empty.
  base::LocalDay first() const;
  base::LocalDay last() const;

  std::string_view Bytes() const { return bytes_; }
  base::LocalDay FirstBitDay() const { return base::DayFromNumber(from_); }

 private:
  std::string bytes_;
  std::int32_t from_ = 0;  // a multiple of 8
  std::uint64_t count_ = 0;
};

}  // namespace geoclimate::store
