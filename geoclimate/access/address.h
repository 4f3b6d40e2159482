#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "geoclimate/base/result.h"

namespace geoclimate::access {

// An IP address. A value; IPv4 is kept in IPv6 form (::ffff:192.0.2.1), so that one peer has one
// address whichever socket it came through.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  // Nothing for what is not a numeric address. Asks nobody, allocates nothing.
  static std::optional<Address> Parse(std::string_view text);

  bool is_ipv4() const;
  bool is_loopback() const;

  friend bool operator==(const Address&, const Address&) = default;
};

// Addresses and networks: "10.0.0.0/8", "192.0.2.7", "2001:db8::/32". Immutable: thread-safe.
class AddressList {
 public:
  AddressList() = default;
  // kInvalidArgument naming the entry that is none.
  static base::Result<AddressList> Parse(const std::vector<std::string>& entries);

  bool Contains(const Address& address) const;
  bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    Address address;
    unsigned bits = 128;
  };
  static std::optional<Network> ParseNetwork(std::string_view text);

  std::vector<Network> networks_;
};

}  // namespace geoclimate::access
