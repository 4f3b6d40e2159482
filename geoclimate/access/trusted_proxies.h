#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/access/address.h"
#include "geoclimate/base/result.h"

namespace geoclimate::access {

// A field by which proxies tell for whom they ask.
struct ForwardingField {
  enum class Kind : std::uint8_t { kXForwardedFor, kForwarded, kXRealIp, kOther };
  Kind kind = Kind::kOther;
  std::string_view value;
};
// Of X-Forwarded-For, Forwarded (RFC 7239), X-Real-IP and any other X-Forwarded-*, without regard
// to case; nothing for other names.
std::optional<ForwardingField::Kind> ParseForwardingName(std::string_view name);

// Proxies that are believed to tell whom they heard from. Immutable: thread-safe.
class TrustedProxies {
 public:
  TrustedProxies() = default;
  // Addresses and networks; errors as AddressList::Parse().
  static base::Result<TrustedProxies> Parse(const std::vector<std::string>& entries);

  bool Contain(std::string_view address) const;

  // The client by `fields`, in the order they came. Each proxy appends whom it heard from, to the
  // list or as a field of its own after those that came: the last one that is no proxy of ours is
  // the client, whatever stands before it; the first when all are ours. "unknown" when nobody is
  // named. Points into the fields, and need not be an address.
  std::string_view ClientOf(std::span<const ForwardingField> fields) const;

 private:
  AddressList list_;
};

}  // namespace geoclimate::access
