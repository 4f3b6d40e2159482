#pragma once

#include <string>
#include <string_view>

#include "geoclimate/formats/digest.h"

namespace geoclimate::blob {

// A digest as the fields x-amz-checksum-... hold it: base64 (RFC 4648, 4) with padding.
std::string Base64(const formats::Sha256Digest& digest);

}  // namespace geoclimate::blob
