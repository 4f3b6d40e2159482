#include "geoclimate/access/api_key.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "geoclimate/formats/base64.h"

namespace geoclimate::access {
namespace {

constexpr std::string_view kMark = "gsc_";
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kSecretLength = kMark.size() + 43;
constexpr std::size_t kPrefixLength = 12;

bool IsBase64Url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string_view ApiKeyPrefix(std::string_view secret) {
  return secret.substr(0, kPrefixLength);
}

base::Result<ApiKey> MakeApiKey() {
  std::array<char, kRandomBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return base::FromErrno(errno, "getrandom");
  }
  ApiKey key;
  key.secret = std::string(kMark) + formats::EncodeBase64Url({bytes.data(), bytes.size()});
  key.prefix = ApiKeyPrefix(key.secret);
  key.digest = formats::Sha256(key.secret);
  return key;
}

std::optional<formats::Sha256Digest> DigestOfApiKey(std::string_view shown) {
  if (shown.size() != kSecretLength || !shown.starts_with(kMark)) return std::nullopt;
  for (const char c : shown.substr(kMark.size())) {
    if (!IsBase64Url(c)) return std::nullopt;
  }
  return formats::Sha256(shown);
}

}  // namespace geoclimate::access
