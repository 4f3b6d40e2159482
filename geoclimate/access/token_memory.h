#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "geoclimate/access/token_verifier.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::access {

// The tokens that a thread verified last, by the SHA-256 of their text: a token that comes again
// costs its hash and no signature. Holds no token. Not thread-safe.
class TokenMemory {
 public:
  static constexpr std::size_t kPlaces = 256;
  // After so long a token is verified again, whatever it says.
  static constexpr std::chrono::seconds kKept{60};

  // Null when it was not verified with the keys of `version`, or not lately, or has ended. Valid
  // until the next Put().
  const VerifiedToken* Find(const formats::Sha256Digest& digest, std::uint64_t version,
                            base::Timestamp now) const {
    const Place& place = places_[IndexOf(digest)];
    const bool known = place.until > now && place.version == version && place.digest == digest;
    return known ? &place.token : nullptr;
  }

  const VerifiedToken* Put(const formats::Sha256Digest& digest, std::uint64_t version,
                           const VerifiedToken& token, base::Timestamp now) {
    Place& place = places_[IndexOf(digest)];
    place = {digest, version, std::min(token.ends_at, now + kKept), token};
    return &place.token;
  }

 private:
  struct Place {
    formats::Sha256Digest digest;
    std::uint64_t version = 0;
    base::Timestamp until;
    VerifiedToken token;
  };
  static std::size_t IndexOf(const formats::Sha256Digest& digest) { return digest.bytes[0]; }
  static_assert(kPlaces == 256);

  std::array<Place, kPlaces> places_{};
};

}  // namespace geoclimate::access
