#include "geoclimate/blob/s3/checksum.h"

#include <cstdint>

namespace geoclimate::blob {

std::string Base64(const formats::Sha256Digest& digest) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : digest.bytes) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 6; held -= 6) text += kDigits[(bits >> (held - 6)) & 63];
  }
  // 32 bytes leave four bits over.
  text += kDigits[(bits << (6 - held)) & 63];
  return text + "=";
}

}  // namespace geoclimate::blob
