#include "geoclimate/alerts/signing.h"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "geoclimate/access/secret_file.h"
#include "geoclimate/formats/base64.h"
#include "geoclimate/formats/hmac.h"

namespace geoclimate::alerts {
namespace {

constexpr std::size_t kIdLength = 16;

std::string_view BytesOf(const formats::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

}  // namespace

SigningKey::SigningKey(std::string key)
    : key_(std::move(key)),
      id_(formats::HmacSha256(key_, "geoclimate alerts: id of the key")
              .Hex()
              .substr(0, kIdLength)) {}

base::Result<SigningKey> SigningKey::LoadOrCreate(const std::filesystem::path& data_dir) {
  GC_ASSIGN_OR_RETURN(std::string key, access::LoadOrCreateSecret(data_dir / "alerts.key"));
  return SigningKey(std::move(key));
}

base::Result<SigningKey> SigningKey::Load(const std::filesystem::path& file) {
  GC_ASSIGN_OR_RETURN(std::optional<std::string> key,
                      access::ReadSecret(file, access::SecretReaders::kOwnerAndGroup));
  if (!key) return base::NotFound(file.string() + " does not exist");
  return SigningKey(*std::move(key));
}

std::string SigningKey::SecretOf(std::string_view alert_id) const {
  return std::string(
      BytesOf(formats::HmacSha256(key_, fmt::format("geoclimate alerts: secret of {}", alert_id))));
}

std::string ShownSecret(std::string_view secret) {
  return "whsec_" + formats::EncodeBase64(secret);
}

std::string SignEvent(std::string_view secret, std::string_view event_id, base::Timestamp at,
                      std::string_view body) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  const auto digest = formats::HmacSha256(secret, fmt::format("{}.{}.{}", event_id, seconds, body));
  return "v1," + formats::EncodeBase64(BytesOf(digest));
}

base::Result<std::string> MakeId(std::string_view prefix) {
  std::array<char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return base::FromErrno(errno, "getrandom");
  }
  return std::string(prefix) + formats::EncodeBase64Url({bytes.data(), bytes.size()});
}

}  // namespace geoclimate::alerts
