#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::access {

// "gsc_" and 256 bits of the system's generator in base64url: 47 characters.
//
// Only the SHA-256 of the whole text is kept. A slow hash (bcrypt, Argon2) protects passwords,
// which people choose from few; 2^256 keys cannot be tried whatever a try costs, and the hash is
// computed for each request.
struct ApiKey {
  std::string secret;  // shown once, when it is made
  std::string prefix;  // its first 12 characters: names the key wherever the secret must not be
  formats::Sha256Digest digest;
};

// kInternal when the system gives no random bytes.
base::Result<ApiKey> MakeApiKey();

// Of a text that has the form of a key; nothing for others, which need not be looked up.
std::optional<formats::Sha256Digest> DigestOfApiKey(std::string_view shown);

// "gsc_AbCdEfGh".
std::string_view ApiKeyPrefix(std::string_view secret);

}  // namespace geoclimate::access
