#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace geoclimate::http_client {

// An address of IPv4 or IPv6, without a port. A value.
class IpAddress {
 public:
  // Nothing for a family that is neither.
  static std::optional<IpAddress> From(const sockaddr& address);
  // "192.0.2.1" or "2001:db8::1"; nothing for what is neither.
  static std::optional<IpAddress> Parse(const std::string& text);

  bool is_v4() const { return is_v4_; }
  // 4 or 16, in the order of the network.
  std::string_view bytes() const;
  std::string ToString() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  IpAddress() = default;
  std::array<char, 16> bytes_{};
  bool is_v4_ = false;
};

// Whether a host of the public Internet may have the address. Not so: private (RFC 1918), loopback,
// link-local, unique local, shared (RFC 6598, carriers and clusters), multicast, reserved and
// documentation addresses (RFC 6890), every IPv6 address that stands for an IPv4 one (mapped,
// NAT64, 6to4, Teredo), and the addresses at which clouds answer with credentials.
bool IsPublic(const IpAddress& address);

}  // namespace geoclimate::http_client
