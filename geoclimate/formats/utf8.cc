#include "geoclimate/formats/utf8.h"

#include <cstdint>
#include <cstring>

namespace geoclimate::formats {

std::size_t Utf8SequenceSize(std::string_view text) {
  const auto in = [text](std::size_t i, unsigned low, unsigned high) {
    const unsigned byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    return byte >= low && byte <= high;
  };
  const unsigned lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = in(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = in(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

bool IsUtf8(std::string_view text) {
  constexpr std::uint64_t kNotAscii = 0x8080'8080'8080'8080U;
  while (!text.empty()) {
    if (std::uint64_t block = 0; text.size() >= sizeof block) {
      std::memcpy(&block, text.data(), sizeof block);
      if ((block & kNotAscii) == 0) {
        text.remove_prefix(sizeof block);
        continue;
      }
    }
    const std::size_t size = Utf8SequenceSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace geoclimate::formats
