#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace geoclimate::blob {

// What becomes of '/': kept in a path, encoded in a query.
enum class Slash : std::uint8_t { kKept, kEncoded };

// As SigV4 wants it: all but A-Z, a-z, 0-9, '-', '.', '_', '~' as %XX with upper-case digits.
std::string UriEncode(std::string_view text, Slash slash);

}  // namespace geoclimate::blob
