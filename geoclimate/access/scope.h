#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "geoclimate/base/result.h"

namespace geoclimate::access {

// What a caller may do: look at what is known, ask models, change what is served.
enum class Scope : std::uint8_t { kRead = 1, kPredict = 2, kAdmin = 4 };

std::string_view ScopeName(Scope scope);

// The scopes of a caller. A value.
class ScopeSet {
 public:
  constexpr ScopeSet() = default;
  constexpr ScopeSet(std::initializer_list<Scope> scopes) {
    for (const Scope scope : scopes) Add(scope);
  }
  // Names with commas or spaces between, "read,predict". kInvalidArgument for one that is none, or
  // for no name at all.
  static base::Result<ScopeSet> Parse(std::string_view text);

  constexpr void Add(Scope scope) { bits_ |= static_cast<std::uint8_t>(scope); }
  // kAdmin allows the others too.
  constexpr bool Allows(Scope scope) const {
    return (bits_ &
            (static_cast<std::uint8_t>(scope) | static_cast<std::uint8_t>(Scope::kAdmin))) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  // "admin,predict,read": by name, so that equal sets give equal texts.
  std::string ToString() const;

  friend constexpr bool operator==(ScopeSet, ScopeSet) = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace geoclimate::access
