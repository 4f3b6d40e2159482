#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace geoclimate::formats {

// How far past `end` the functions below may read. The bytes there do not matter.
inline constexpr std::size_t kScanPadding = 16;

// The first of `a` and `b` in [from, end), or end. Fields are short, so the first load mostly
// decides.
inline const char* FindEither(const char* from, const char* end, char a, char b) {
#if defined(__SSE2__)
  const __m128i wanted_a = _mm_set1_epi8(a);
  const __m128i wanted_b = _mm_set1_epi8(b);
  for (; from < end; from += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const int hits = _mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, wanted_a), _mm_cmpeq_epi8(bytes, wanted_b)));
    if (hits != 0) {
      const char* hit = from + std::countr_zero(static_cast<std::uint32_t>(hits));
      return hit < end ? hit : end;
    }
  }
  return end;
#else
  while (from < end && *from != a && *from != b) ++from;
  return from;
#endif
}

inline const char* FindByte(const char* from, const char* end, char wanted) {
  return FindEither(from, end, wanted, wanted);
}

// Where `wanted` is among the kShortField bytes from `from`, all of which are there; kShortField
// when it is not.
inline constexpr std::size_t kShortField = 32;
inline std::size_t FindInShort(const char* from, char wanted) {
#if defined(__SSE2__)
  const __m128i pattern = _mm_set1_epi8(wanted);
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 16));
  const auto low_hits = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(low, pattern)));
  const auto high_hits =
      static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(high, pattern)));
  const std::uint32_t hits = low_hits | high_hits << 16;
  return hits == 0 ? kShortField : static_cast<std::size_t>(std::countr_zero(hits));
#else
  return static_cast<std::size_t>(FindByte(from, from + kShortField, wanted) - from);
#endif
}

}  // namespace geoclimate::formats
