#include "geoclimate/access/json_web_keys.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "geoclimate/formats/base64.h"
#include "geoclimate/formats/json.h"

namespace geoclimate::access {
namespace {

using formats::Json;
using formats::VerificationKey;

base::Result<std::string> BytesAt(const Json& key, std::string_view member) {
  GC_ASSIGN_OR_RETURN(const std::string_view text, key.StringAt(member));
  std::optional<std::string> bytes = formats::DecodeBase64Url(text);
  if (bytes.has_value()) return *std::move(bytes);
  return base::InvalidArgument(fmt::format("'{}' is not base64url", member));
}

// Nothing, or text.
std::optional<std::string_view> TextOf(const Json& key, std::string_view member) {
  const Json* const value = key.Find(member);
  if (value == nullptr || value->AsString() == nullptr) return std::nullopt;
  return *value->AsString();
}

// Nothing for kinds that are not known here.
base::Result<std::optional<VerificationKey>> ReadMaterial(const Json& key) {
  GC_ASSIGN_OR_RETURN(const std::string_view kind, key.StringAt("kty"));
  std::optional<VerificationKey> made;
  if (kind == "RSA") {
    GC_ASSIGN_OR_RETURN(const std::string modulus, BytesAt(key, "n"));
    GC_ASSIGN_OR_RETURN(const std::string exponent, BytesAt(key, "e"));
    GC_ASSIGN_OR_RETURN(made, VerificationKey::FromRsa(modulus, exponent));
  } else if (kind == "OKP" && TextOf(key, "crv") == "Ed25519") {
    GC_ASSIGN_OR_RETURN(const std::string point, BytesAt(key, "x"));
    GC_ASSIGN_OR_RETURN(made, VerificationKey::FromEd25519(point));
  } else if (kind == "oct") {
    GC_ASSIGN_OR_RETURN(const std::string secret, BytesAt(key, "k"));
    GC_ASSIGN_OR_RETURN(made, VerificationKey::FromSecret(secret));
  }
  return made;
}

bool IsForTokens(const Json& key, const VerificationKey& material) {
  const auto use = TextOf(key, "use");
  const auto algorithm = TextOf(key, "alg");
  return (!use || *use == "sig") &&
         (!algorithm || *algorithm == formats::SignatureAlgorithmName(material.algorithm()));
}

}  // namespace

base::Result<JsonWebKeys> JsonWebKeys::Parse(std::string_view text) {
  GC_ASSIGN_OR_RETURN(const Json document, formats::ParseJson(text));
  GC_ASSIGN_OR_RETURN(const auto keys, document.ArrayAt("keys"));
  JsonWebKeys set;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto material = ReadMaterial(keys[i]);
    if (!material.ok()) return material.error().WithContext(fmt::format("keys[{}]", i));
    if (!material->has_value() || !IsForTokens(keys[i], **material)) continue;
    std::string id(TextOf(keys[i], "kid").value_or(""));
    const bool twice = std::any_of(set.entries_.begin(), set.entries_.end(),
                                   [&](const Entry& entry) { return entry.id == id; });
    if (twice) {
      return base::InvalidArgument(fmt::format("keys[{}]: the kid '{}' comes twice", i, id));
    }
    set.Add({std::move(id), **std::move(material)});
  }
  if (set.size() > 0) return set;
  return base::InvalidArgument("there is no key for RS256, EdDSA or HS256 in it");
}

const VerificationKey* JsonWebKeys::Find(const std::optional<std::string_view>& id) const {
  if (!id.has_value()) {
    if (default_) return &*default_;
    return entries_.size() == 1 ? &entries_.front().key : nullptr;
  }
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.id == *id; });
  if (found != entries_.end()) return &found->key;
  // One key for all tokens: they may give it any name.
  return entries_.empty() && default_ ? &*default_ : nullptr;
}

}  // namespace geoclimate::access
