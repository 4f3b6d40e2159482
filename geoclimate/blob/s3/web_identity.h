#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/blob/s3/credentials.h"
#include "geoclimate/http_client/http_client.h"

namespace geoclimate::blob {

struct WebIdentityOptions {
  // Of the security token service, "https://sts.eu-west-1.amazonaws.com".
  std::string endpoint = {};
  std::string role_arn = {};
  std::string session_name = "geoclimate";
  // The token that says who this is; the platform replaces it from time to time (in Kubernetes a
  // projected service account token).
  std::filesystem::path token_file = {};
  // How long before they expire credentials are fetched anew. Larger survives a longer outage of
  // the service.
  std::chrono::seconds refresh_before = std::chrono::minutes(5);
  std::chrono::seconds timeout{10};
};

// Temporary credentials of a role, for a token of the platform that the program runs on (STS
// AssumeRoleWithWebIdentity). Fetched by the first Get() and again before they expire, by one
// thread while the others use what there is; when that fails, what there is serves until it
// expires, and it is tried again after half a minute.
//
// Thread-safe; `client` and `clock` must outlive it.
class WebIdentityCredentials final : public CredentialSource {
 public:
  WebIdentityCredentials(WebIdentityOptions options, const http_client::HttpClient& client,
                         const base::Clock& clock);

  // kUnavailable when the service is, kUnauthenticated when it refuses the token.
  base::Result<Credentials> Get() override EXCLUDES(mutex_);
  void Refused() override EXCLUDES(mutex_);

 private:
  std::optional<Credentials> CurrentOrFetching() EXCLUDES(mutex_);
  base::Result<Credentials> Fetch() const;

  const WebIdentityOptions options_;
  const http_client::HttpClient& client_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar fetched_;
  std::optional<Credentials> credentials_ GUARDED_BY(mutex_);
  bool fetching_ GUARDED_BY(mutex_) = false;
  base::Timestamp try_again_ GUARDED_BY(mutex_){};
};

}  // namespace geoclimate::blob
