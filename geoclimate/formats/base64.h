#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace geoclimate::formats {

// Base64 with the alphabet that URLs take ('-' and '_'), without padding (RFC 4648, 5).
std::string EncodeBase64Url(std::string_view bytes);

// Base64 with '+', '/' and padding (RFC 4648, 4), as header fields take it.
std::string EncodeBase64(std::string_view bytes);

// Nothing for what EncodeBase64Url() does not give: another character, padding, a length that no
// bytes have, unused bits that are not zero. So one value has one text.
std::optional<std::string> DecodeBase64Url(std::string_view text);

}  // namespace geoclimate::formats
