#include "geoclimate/access/token_verifier.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/base64.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::access {
namespace {

using formats::Json;

constexpr std::size_t kMostFileBytes = 1 << 20;
constexpr std::size_t kMostSubjectBytes = 256;

base::Error Refused(std::string_view why) {
  return {base::ErrorCode::kUnauthenticated, std::string(why)};
}

base::Result<std::string> ReadWhole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::FromErrno(errno, path.string());
  std::string text(kMostFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return base::FromErrno(errno, path.string());
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() <= kMostFileBytes) return text;
  return base::InvalidArgument(path.string() + ": longer than a file of keys");
}

base::Result<formats::VerificationKey> ReadKeyFile(const std::filesystem::path& path) {
  GC_ASSIGN_OR_RETURN(std::string text, ReadWhole(path));
  if (text.find("-----BEGIN") != std::string::npos) {
    auto key = formats::VerificationKey::FromPem(text);
    return key.ok() ? std::move(key) : key.error().WithContext(path.string());
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  auto key = formats::VerificationKey::FromSecret(text);
  return key.ok() ? std::move(key) : key.error().WithContext(path.string());
}

struct Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Parts> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
               token.substr(second + 1), token.substr(0, second)};
}

// An object, or the refusal.
base::Result<Json> Decode(std::string_view part) {
  const std::optional<std::string> text = formats::DecodeBase64Url(part);
  if (!text.has_value()) return Refused("a part of the token is not base64url");
  auto json = formats::ParseJson(*text);
  if (!json.ok() || json->AsObject() == nullptr) return Refused("a part of the token is no object");
  return *std::move(json);
}

struct Header {
  formats::SignatureAlgorithm algorithm;
  std::optional<std::string> key_id;
};

base::Result<Header> ReadHeader(std::string_view part) {
  GC_ASSIGN_OR_RETURN(const Json json, Decode(part));
  // Extensions that must be understood (RFC 7515, 4.1.11): none is.
  if (json.Find("crit") != nullptr) return Refused("the token wants an extension");
  const Json* const name = json.Find("alg");
  if (name == nullptr || name->AsString() == nullptr) return Refused("the token has no alg");
  const auto algorithm = formats::ParseSignatureAlgorithm(*name->AsString());
  if (!algorithm.has_value()) return Refused("the token's alg is none that counts");
  Header header{*algorithm, std::nullopt};
  if (const Json* const id = json.Find("kid"); id != nullptr) {
    if (id->AsString() == nullptr) return Refused("the token's kid is no text");
    header.key_id = *id->AsString();
  }
  return header;
}

// Seconds since 1970, as NumericDate (RFC 7519, 2); nothing when it is absent.
base::Result<std::optional<base::Timestamp>> TimeAt(const Json& claims, std::string_view name) {
  const Json* const value = claims.Find(name);
  if (value == nullptr) return std::optional<base::Timestamp>();
  constexpr double kLatest = 1e11;  // the year 5138
  const double seconds = value->is_number() ? value->AsDouble() : -1;
  if (!(seconds >= 0 && seconds <= kLatest)) return Refused("a time of the token is none");
  return std::optional(base::Timestamp(std::chrono::microseconds(std::llround(seconds * 1e6))));
}

bool Names(const Json& claims, std::string_view claim, std::string_view wanted) {
  const Json* const value = claims.Find(claim);
  if (value == nullptr) return false;
  if (const std::string* const text = value->AsString()) return *text == wanted;
  const Json::Array* const list = value->AsArray();
  return list != nullptr && std::any_of(list->begin(), list->end(), [&](const Json& one) {
           return one.AsString() != nullptr && *one.AsString() == wanted;
         });
}

void AddScopes(std::string_view words, ScopeSet& scopes) {
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    const auto scope = ScopeSet::Parse(words.substr(0, space));
    if (scope.ok()) {
      for (const Scope one : {Scope::kRead, Scope::kPredict, Scope::kAdmin}) {
        if (*scope == ScopeSet({one})) scopes.Add(one);
      }
    }
    words = space == std::string_view::npos ? std::string_view() : words.substr(space + 1);
  }
}

ScopeSet ScopesOf(const Json& claims) {
  ScopeSet scopes;
  for (const std::string_view name : {"scope", "scp"}) {
    const Json* const value = claims.Find(name);
    if (value == nullptr) continue;
    if (const std::string* const text = value->AsString()) AddScopes(*text, scopes);
    const Json::Array* const list = value->AsArray();
    if (list == nullptr) continue;
    for (const Json& one : *list) {
      if (one.AsString() != nullptr) AddScopes(*one.AsString(), scopes);
    }
  }
  return scopes;
}

// When it ends, with the skew.
base::Result<base::Timestamp> CheckTimes(const Json& claims, std::chrono::seconds skew,
                                         base::Timestamp now) {
  GC_ASSIGN_OR_RETURN(const auto expires, TimeAt(claims, "exp"));
  GC_ASSIGN_OR_RETURN(const auto not_before, TimeAt(claims, "nbf"));
  GC_ASSIGN_OR_RETURN(const auto issued, TimeAt(claims, "iat"));
  if (!expires.has_value()) return Refused("the token never ends");
  if (not_before.has_value() && now + skew < *not_before)
    return Refused("the token is not yet valid");
  if (issued.has_value() && now + skew < *issued) return Refused("the token is of the future");
  if (now < *expires + skew) return *expires + skew;
  return base::Error(base::ErrorCode::kDeadlineExceeded, "the token has expired");
}

}  // namespace

bool LooksLikeToken(std::string_view text) {
  return text.size() <= TokenVerifier::kMostBytes && Split(text).has_value();
}

base::Result<void> TokenOptions::Validate() const {
  if (!enabled()) return {};
  if (algorithms.empty()) return base::InvalidArgument("auth.jwt.algorithms is empty");
  if (issuer.empty() || audience.empty()) {
    return base::InvalidArgument(
        "auth.jwt.issuer and auth.jwt.audience are needed: a token for another service must not "
        "count here");
  }
  return {};
}

base::Result<std::unique_ptr<TokenVerifier>> TokenVerifier::Open(
    const TokenOptions& options, const std::optional<RateLimitOptions>& rate,
    const base::Clock& clock) {
  GC_RETURN_IF_ERROR(options.Validate());
  std::unique_ptr<TokenVerifier> verifier(new TokenVerifier(options, rate, clock));
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& file : {options.key_file, options.jwks_file}) {
    if (!file.empty()) files.push_back(file);
  }
  GC_ASSIGN_OR_RETURN(verifier->watch_,
                      FileWatch::Start("keys of tokens", std::move(files),
                                       [&opened = *verifier] { return opened.ReadKeys(); }));
  return verifier;
}

base::Result<void> TokenVerifier::ReadKeys() {
  JsonWebKeys keys;
  if (!options_.jwks_file.empty()) {
    GC_ASSIGN_OR_RETURN(const std::string text, ReadWhole(options_.jwks_file));
    auto read = JsonWebKeys::Parse(text);
    if (!read.ok()) return read.error().WithContext(options_.jwks_file.string());
    keys = *std::move(read);
  }
  if (!options_.key_file.empty()) {
    GC_ASSIGN_OR_RETURN(formats::VerificationKey key, ReadKeyFile(options_.key_file));
    keys.SetDefault(std::move(key));
  }
  {
    const base::MutexLock lock(mutex_);
    keys_ = std::make_shared<const JsonWebKeys>(std::move(keys));
  }
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

Activity* TokenVerifier::ActivityOf(std::string_view subject) const {
  const base::MutexLock lock(mutex_);
  auto found = subjects_.find(subject);
  if (found == subjects_.end()) {
    std::string id(subjects_.size() < kMostSubjects ? subject : std::string_view("other subjects"));
    found = subjects_.try_emplace(id, nullptr).first;
    if (found->second == nullptr) {
      found->second = std::make_unique<Activity>(
          std::move(id), "", ActivityLimits{.rate = rate_, .kind = "subject"}, clock_);
    }
  }
  return found->second.get();
}

base::Result<VerifiedToken> TokenVerifier::Verify(std::string_view token,
                                                  base::Timestamp now) const {
  if (token.size() > kMostBytes) return Refused("the token is too long");
  const std::optional<Parts> parts = Split(token);
  if (!parts.has_value()) return Refused("the token has not three parts");
  GC_ASSIGN_OR_RETURN(const Header header, ReadHeader(parts->header));
  std::shared_ptr<const JsonWebKeys> keys;
  {
    const base::MutexLock lock(mutex_);
    keys = keys_;
  }
  const formats::VerificationKey* const key = keys->Find(header.key_id);
  if (key == nullptr) return Refused("the token's key is not known");
  const bool allowed = std::find(options_.algorithms.begin(), options_.algorithms.end(),
                                 key->algorithm()) != options_.algorithms.end();
  if (!allowed || key->algorithm() != header.algorithm) {
    return Refused("the token's alg is not that of its key");
  }
  const std::optional<std::string> signature = formats::DecodeBase64Url(parts->signature);
  if (!signature.has_value() || !key->Verify(parts->signed_text, *signature)) {
    return Refused("the token's signature is wrong");
  }
  GC_ASSIGN_OR_RETURN(const Json claims, Decode(parts->claims));
  const Json* const issuer = claims.Find("iss");
  if (issuer == nullptr || issuer->AsString() == nullptr ||
      *issuer->AsString() != options_.issuer) {
    return Refused("the token is of another issuer");
  }
  if (!Names(claims, "aud", options_.audience)) return Refused("the token is for another service");
  const Json* const subject = claims.Find("sub");
  if (subject == nullptr || subject->AsString() == nullptr || subject->AsString()->empty() ||
      subject->AsString()->size() > kMostSubjectBytes) {
    return Refused("the token has no subject");
  }
  GC_ASSIGN_OR_RETURN(const base::Timestamp ends_at, CheckTimes(claims, options_.skew, now));
  return VerifiedToken{ScopesOf(claims), ActivityOf(*subject->AsString()), ends_at};
}

}  // namespace geoclimate::access
