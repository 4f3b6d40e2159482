#include "geoclimate/formats/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "geoclimate/base/check.h"

namespace geoclimate::formats {

Sha256Digest HmacSha256(std::string_view key, std::string_view message) {
  Sha256Digest digest;
  unsigned size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  const unsigned char* const made = ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                           bytes, message.size(), digest.bytes.data(), &size);
  GC_CHECK(made != nullptr && size == digest.bytes.size(), "OpenSSL always has SHA-256");
  return digest;
}

}  // namespace geoclimate::formats
