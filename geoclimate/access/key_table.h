#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "geoclimate/access/caller.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/formats/digest.h"

namespace geoclimate::access {

// The keys of a moment, found by the digest of what a caller shows. Immutable: thread-safe.
class KeyTable {
 public:
  struct Entry {
    formats::Sha256Digest digest = {};
    base::Timestamp ends_at = base::Timestamp::max();  // expired or revoked from then on
    ScopeSet scopes = {};
    Activity* activity = nullptr;
  };

  explicit KeyTable(std::vector<Entry> entries);

  // Null when there is none. Looks at places that the digest chooses; a caller learns at most where
  // its own digest would lie, and of that nothing leads back to a secret. The digests themselves
  // are compared in constant time.
  const Entry* Find(const formats::Sha256Digest& digest) const;
  std::size_t size() const { return entries_.size(); }

 private:
  std::size_t PlaceOf(const formats::Sha256Digest& digest) const;

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> places_;  // 1 + index into entries_, or 0; a power of two of them
};

}  // namespace geoclimate::access
