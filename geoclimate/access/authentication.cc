#include "geoclimate/access/authentication.h"

#include <optional>

#include "geoclimate/access/address.h"
#include "geoclimate/access/api_key.h"
#include "geoclimate/access/token_memory.h"
#include "geoclimate/access/token_verifier.h"

namespace geoclimate::access {
namespace {

// Without "Bearer" (in any case, RFC 9110, 11.1) and the spaces around; empty for another scheme.
std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = authorization[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != kScheme[i]) return {};
  }
  authorization.remove_prefix(kScheme.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  while (authorization.ends_with(' ')) authorization.remove_suffix(1);
  return authorization;
}

}  // namespace

base::Result<void> CheckCanKnowCallers(Keyless keyless, const Authentication* authentication) {
  if (keyless == Keyless::kOnLoopback) return {};
  if (authentication != nullptr && authentication->keyless == Keyless::kNever &&
      (authentication->keys != nullptr || authentication->tokens != nullptr)) {
    return {};
  }
  return base::FailedPrecondition(
      "every caller is to show a key or a token, and there is no way to know one: give a data "
      "directory, where keys are kept, or keys of tokens (auth.jwt)");
}

std::string_view Describe(Rejection rejection) {
  switch (rejection) {
    case Rejection::kNone:
      return {};
    case Rejection::kNothingShown:
      return "show an API key as X-API-Key, or a token as Authorization: Bearer";
    case Rejection::kUnknown:
      return "the key or token is not a valid one";
    case Rejection::kEnded:
      return "the key or token has expired or was revoked";
    case Rejection::kTooOften:
      return "too many requests: come again after Retry-After seconds";
    case Rejection::kUnchecked:
      return "keys cannot be checked now: try again";
  }
  return {};
}

Authenticator::Authenticator(const Authentication* authentication)
    : authentication_(authentication) {}

Authenticator::~Authenticator() = default;

Verdict Authenticator::Check(const Credentials& shown, std::string_view address,
                             base::Timestamp now) {
  const std::optional<Address> from = Address::Parse(address);
  Verdict verdict = Identify(shown, from, now);
  if (Activity* const activity = verdict.caller.activity; activity != nullptr) {
    if (!activity->TakeRequest()) verdict.rejection = Rejection::kTooOften;
    verdict.standing = activity->standing();
  } else if (verdict.rejection != Rejection::kNone && verdict.rejection != Rejection::kUnchecked &&
             authentication_ != nullptr && authentication_->addresses != nullptr &&
             !(from && from->is_loopback())) {
    // Those that a proxy does not name share one.
    const AddressLimits::Taken taken = authentication_->addresses->Take(from.value_or(Address()));
    if (!taken.admitted) verdict.rejection = Rejection::kTooOften;
    verdict.standing = taken.standing;
  }
  return verdict;
}

Verdict Authenticator::Identify(const Credentials& shown, const std::optional<Address>& address,
                                base::Timestamp now) {
  const std::string_view secret =
      shown.api_key.empty() ? BearerToken(shown.authorization) : shown.api_key;
  if (!secret.empty()) return CheckSecret(secret, now);
  const bool keyless =
      authentication_ == nullptr || authentication_->keyless == Keyless::kOnLoopback;
  if (!keyless || !address.has_value() || !address->is_loopback()) {
    return {.rejection = Rejection::kNothingShown};
  }
  return {.caller = {.kind = Caller::Kind::kLoopback, .scopes = {Scope::kRead, Scope::kPredict}}};
}

Verdict Authenticator::CheckSecret(std::string_view secret, base::Timestamp now) {
  if (authentication_ == nullptr) return {.rejection = Rejection::kUnknown};
  if (const auto digest = DigestOfApiKey(secret)) return CheckKey(*digest, now);
  if (authentication_->tokens != nullptr && LooksLikeToken(secret)) return CheckToken(secret, now);
  const AdminToken* const token = authentication_->admin_token;
  if (token != nullptr && token->Matches(secret)) {
    return {.caller = {.kind = Caller::Kind::kAdminToken, .scopes = {Scope::kAdmin}}};
  }
  return {.rejection = Rejection::kUnknown};
}

Verdict Authenticator::CheckKey(const formats::Sha256Digest& digest, base::Timestamp now) {
  const KeyRing* const ring = authentication_->keys;
  if (ring == nullptr) return {.rejection = Rejection::kUnknown};
  if (const std::uint64_t version = ring->version(); version != keys_version_) {
    keys_ = ring->Table();
    keys_version_ = version;
  }
  const KeyTable::Entry* const entry = keys_->Find(digest);
  if (entry == nullptr) return {.rejection = Rejection::kUnknown};
  if (now >= entry->ends_at) return {.rejection = Rejection::kEnded};
  if (!ring->TrustedAt(now)) return {.rejection = Rejection::kUnchecked};
  entry->activity->NoteUse(now);
  return {
      .caller = {.kind = Caller::Kind::kKey, .scopes = entry->scopes, .activity = entry->activity}};
}

Verdict Authenticator::CheckToken(std::string_view token, base::Timestamp now) {
  const TokenVerifier& verifier = *authentication_->tokens;
  if (verified_ == nullptr) verified_ = std::make_unique<TokenMemory>();
  const formats::Sha256Digest digest = formats::Sha256(token);
  const std::uint64_t version = verifier.version();
  const VerifiedToken* known = verified_->Find(digest, version, now);
  if (known == nullptr) {
    const auto verified = verifier.Verify(token, now);
    if (!verified.ok()) {
      const bool ended = verified.error().code() == base::ErrorCode::kDeadlineExceeded;
      return {.rejection = ended ? Rejection::kEnded : Rejection::kUnknown};
    }
    known = verified_->Put(digest, version, *verified, now);
  }
  known->activity->NoteUse(now);
  return {.caller = {
              .kind = Caller::Kind::kToken, .scopes = known->scopes, .activity = known->activity}};
}

}  // namespace geoclimate::access
