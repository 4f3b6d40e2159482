#pragma once

#include <string_view>

#include "geoclimate/formats/digest.h"

namespace geoclimate::formats {

// HMAC-SHA-256 (RFC 2104), by OpenSSL. Compare what comes from outside in constant time.
Sha256Digest HmacSha256(std::string_view key, std::string_view message);

}  // namespace geoclimate::formats
