#pragma once

#include <optional>
#include <string>
#include <utility>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"

namespace geoclimate::blob {

// What requests are signed with.
struct Credentials {
  std::string access_key_id = {};
  std::string secret_access_key = {};
  std::string session_token = {};  // empty but for temporary ones
  std::optional<base::Timestamp> expires = std::nullopt;
};

// Where credentials come from. They change while the program runs: ask for each request. Errors
// name where it was looked, never a secret. Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  virtual base::Result<Credentials> Get() = 0;
  // The store refused what Get() gave as expired or unknown: the next Get() looks again.
  virtual void Refused() {}
};

// Always the same, from the environment for one.
class FixedCredentials final : public CredentialSource {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  base::Result<Credentials> Get() override { return credentials_; }

 private:
  const Credentials credentials_;
};

}  // namespace geoclimate::blob
