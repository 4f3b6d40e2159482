#include "geoclimate/access/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include <fmt/format.h>

namespace geoclimate::access {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedIpv4 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kMappedBits = 96;

}  // namespace

std::optional<Address> Address::Parse(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN + 1> copy{};
  if (text.empty() || text.size() >= copy.size()) return std::nullopt;
  std::copy(text.begin(), text.end(), copy.begin());
  Address address;
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, copy.data(), address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  std::copy(kMappedIpv4.begin(), kMappedIpv4.end(), address.bytes.begin());
  if (::inet_pton(AF_INET, copy.data(), address.bytes.data() + kMappedIpv4.size()) != 1) {
    return std::nullopt;
  }
  return address;
}

bool Address::is_ipv4() const {
  return std::equal(kMappedIpv4.begin(), kMappedIpv4.end(), bytes.begin());
}

bool Address::is_loopback() const {
  if (is_ipv4()) return bytes[12] == 127;
  return bytes[15] == 1 &&
         std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

std::optional<AddressList::Network> AddressList::ParseNetwork(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<Address> address = Address::Parse(text.substr(0, slash));
  if (!address.has_value()) return std::nullopt;
  Network network{*address, 128};
  if (slash == std::string_view::npos) return network;
  const std::string_view length = text.substr(slash + 1);
  const bool four = text.find(':') == std::string_view::npos;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (error != std::errc() || end != length.data() + length.size() || bits > (four ? 32U : 128U)) {
    return std::nullopt;
  }
  network.bits = four ? bits + kMappedBits : bits;
  return network;
}

base::Result<AddressList> AddressList::Parse(const std::vector<std::string>& entries) {
  AddressList list;
  list.networks_.reserve(entries.size());
  for (const std::string& entry : entries) {
    const std::optional<Network> network = ParseNetwork(entry);
    if (!network.has_value()) {
      return base::InvalidArgument(fmt::format(
          "'{}' is neither a numeric address nor a network, like 10.0.0.7 or 10.0.0.0/8", entry));
    }
    list.networks_.push_back(*network);
  }
  return list;
}

bool AddressList::Contains(const Address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    const unsigned whole = network.bits / 8;
    const unsigned rest = network.bits % 8;
    if (std::memcmp(address.bytes.data(), network.address.bytes.data(), whole) != 0) return false;
    if (rest == 0) return true;
    const unsigned difference = address.bytes[whole] ^ network.address.bytes[whole];
    return difference >> (8 - rest) == 0;
  });
}

}  // namespace geoclimate::access
