#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/day.h"

// PostgreSQL's binary forms of values: big-endian, times and days counted from 2000-01-01
// (postgresql.org/docs/15/protocol-overview.html, section 55.1.3, and each type's send function).
namespace geoclimate::store::postgres {

inline constexpr std::int64_t kMicrosecondsTo2000 = 946'684'800'000'000;
inline constexpr std::int32_t kDaysTo2000 = 10'957;

template <std::integral T>
void PutInteger(T value, std::string& out) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (std::size_t shift = 8 * sizeof(T); shift > 0; shift -= 8) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits >> (shift - 8))));
  }
}

template <std::integral T>
T GetInteger(const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<T>(bits);
}

inline void PutReal(double value, std::string& out) {
  PutInteger(std::bit_cast<std::int64_t>(value), out);
}
inline void PutReal(float value, std::string& out) {
  PutInteger(std::bit_cast<std::int32_t>(value), out);
}

// Of microseconds since 1970, where the least of all numbers stands for a time before every other:
// -infinity has the same bits. What lies before 1900, but is not that, becomes it.
constexpr std::int64_t EncodeMicroseconds(std::int64_t since_1970) {
  constexpr std::int64_t kFirst = -2'208'988'800'000'000;  // 1900-01-01
  return since_1970 < kFirst ? std::numeric_limits<std::int64_t>::min()
                             : since_1970 - kMicrosecondsTo2000;
}
// The greatest, which PostgreSQL cannot give but as infinity, stays the greatest.
constexpr std::int64_t DecodeMicroseconds(std::int64_t since_2000) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (since_2000 == Limits::min()) return since_2000;
  return since_2000 > Limits::max() - kMicrosecondsTo2000 ? Limits::max()
                                                          : since_2000 + kMicrosecondsTo2000;
}

// PostgreSQL's days reach from 4713 before to 5874897 after Christ; what lies outside, as a query's
// bounds may, becomes the nearest.
constexpr std::int32_t EncodeDay(base::LocalDay day) {
  constexpr std::int32_t kFirst = -2'440'588;
  constexpr std::int32_t kLast = 2'145'031'948 + kDaysTo2000;
  return std::clamp(base::DayNumber(day), kFirst, kLast) - kDaysTo2000;
}
constexpr base::LocalDay DecodeDay(std::int32_t since_2000) {
  return base::DayFromNumber(since_2000 + kDaysTo2000);
}

}  // namespace geoclimate::store::postgres
