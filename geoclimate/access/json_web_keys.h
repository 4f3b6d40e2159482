#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"
#include "geoclimate/formats/signature.h"

namespace geoclimate::access {

// The keys that tokens are verified with. Immutable: thread-safe.
class JsonWebKeys {
 public:
  struct Entry {
    std::string id;  // "kid"; empty: that of tokens that name none
    formats::VerificationKey key;
  };

  // A JSON Web Key Set (RFC 7517). Keys of other kinds (EC), for other uses than "sig", or for
  // another algorithm than their kind has here, are left out. kInvalidArgument naming what is
  // malformed, a "kid" that comes twice, or that no key is left.
  static base::Result<JsonWebKeys> Parse(std::string_view text);

  JsonWebKeys() = default;
  void Add(Entry entry) { entries_.push_back(std::move(entry)); }
  void SetDefault(formats::VerificationKey key) { default_ = std::move(key); }

  // The key of that id. Without one: the default, else the only key there is. Null: none.
  const formats::VerificationKey* Find(const std::optional<std::string_view>& id) const;
  std::size_t size() const { return entries_.size() + (default_ ? 1 : 0); }

 private:
  std::vector<Entry> entries_;
  std::optional<formats::VerificationKey> default_;
};

}  // namespace geoclimate::access
