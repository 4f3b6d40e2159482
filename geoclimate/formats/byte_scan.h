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

}  // namespace geoclimate::formats
