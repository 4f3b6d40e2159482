#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::alerts {

// What all secrets of an installation come from: a file of 64 hexadecimal digits that only its
// owner and his group may read. A secret is derived from it and the alert's id, so that the
// database holds none, and whoever copies it can forge nothing.
//
// Immutable; thread-safe. Holds a secret: nothing of it belongs into a log.
class SigningKey {
 public:
  // DATA_DIR/alerts.key, made when it is not there; errors as access::LoadOrCreateSecret().
  static base::Result<SigningKey> LoadOrCreate(const std::filesystem::path& data_dir);
  // A file that several processes share. kNotFound, kPermissionDenied, kDataLoss naming it.
  static base::Result<SigningKey> Load(const std::filesystem::path& file);

  // Names the key without telling anything of it: which key an alert was made with.
  const std::string& id() const { return id_; }
  // The secret of an alert, 32 bytes.
  std::string SecretOf(std::string_view alert_id) const;

 private:
  explicit SigningKey(std::string key);
  std::string key_;
  std::string id_;
};

// As its owner gets it: "whsec_" and Base64.
std::string ShownSecret(std::string_view secret);

// The signature of an event by Standard Webhooks (standardwebhooks.com, symmetric, version 1):
// "v1," and the Base64 of HMAC-SHA256 over "ID.SECONDS.BODY".
std::string SignEvent(std::string_view secret, std::string_view event_id, base::Timestamp at,
                      std::string_view body);

// "alr_" or "evt_" and 128 random bits. kInternal when the system gives none.
base::Result<std::string> MakeId(std::string_view prefix);

}  // namespace geoclimate::alerts
