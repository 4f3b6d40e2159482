#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/access/activity.h"
#include "geoclimate/access/file_watch.h"
#include "geoclimate/access/json_web_keys.h"
#include "geoclimate/access/scope.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"
#include "geoclimate/formats/signature.h"

namespace geoclimate::access {

// None changes at run time; the files are read again when they change.
struct TokenOptions {
  // Those that tokens may be signed by; the others are refused whatever the key.
  std::vector<formats::SignatureAlgorithm> algorithms = {formats::SignatureAlgorithm::kRs256,
                                                         formats::SignatureAlgorithm::kEdDsa};
  // One key for all tokens: a public key in PEM, or a secret of HS256 (32 bytes or more; a line
  // break at the end does not count). Empty: none.
  std::filesystem::path key_file;
  // A JSON Web Key Set (RFC 7517): the key is chosen by the token's "kid". Empty: none.
  std::filesystem::path jwks_file;
  // What "iss" must be, and what "aud" must name: a token for another service must not count here.
  std::string issuer;
  std::string audience;
  // How far clocks may differ: larger accepts expired tokens for longer.
  std::chrono::seconds skew{60};

  bool enabled() const { return !key_file.empty() || !jwks_file.empty(); }
  // kInvalidArgument naming what is missing or too much.
  base::Result<void> Validate() const;
};

struct VerifiedToken {
  ScopeSet scopes;               // may be empty: a caller that is known and may do nothing
  Activity* activity = nullptr;  // of the subject; lives as long as the verifier
  base::Timestamp ends_at;       // with the skew
};

// Verifies JSON Web Tokens (RFC 7519) in the compact form of signatures (RFC 7515). The key decides
// the algorithm, and the token must name the same; "none" is no algorithm. A token needs "sub" and
// "exp"; scopes are the words of "scope" (or "scp") that name one, others are ignored.
//
// Thread-safe. What a token did is counted by its subject; beyond kMostSubjects of them new ones
// share one count.
class TokenVerifier {
 public:
  static constexpr std::size_t kMostBytes = 8192;
  static constexpr std::size_t kMostSubjects = 65'536;

  // kInvalidArgument naming the file that is not what it should be; errors of reading. `clock`
  // outlives it.
  static base::Result<std::unique_ptr<TokenVerifier>> Open(
      const TokenOptions& options, const std::optional<RateLimitOptions>& rate,
      const base::Clock& clock);

  // kDeadlineExceeded for a token that was valid once, kUnauthenticated for all else; the message
  // has nothing of the token.
  base::Result<VerifiedToken> Verify(std::string_view token, base::Timestamp now) const
      EXCLUDES(mutex_);
  // Rises when the keys change: what was verified before does not count any more.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Looks at the files now, not within seconds.
  base::Result<void> Refresh() { return watch_->Look(); }

 private:
  TokenVerifier(const TokenOptions& options, const std::optional<RateLimitOptions>& rate,
                const base::Clock& clock)
      : options_(options), rate_(rate), clock_(clock) {}
  base::Result<void> ReadKeys() EXCLUDES(mutex_);
  Activity* ActivityOf(std::string_view subject) const EXCLUDES(mutex_);

  const TokenOptions options_;
  const std::optional<RateLimitOptions> rate_;
  const base::Clock& clock_;
  std::atomic<std::uint64_t> version_{0};
  mutable base::Mutex mutex_;
  std::shared_ptr<const JsonWebKeys> keys_ GUARDED_BY(mutex_);
  mutable std::map<std::string, std::unique_ptr<Activity>, std::less<>> subjects_
      GUARDED_BY(mutex_);
  std::unique_ptr<FileWatch> watch_;  // first to go
};

// Three parts with dots between: what is worth a look.
bool LooksLikeToken(std::string_view text);

}  // namespace geoclimate::access
