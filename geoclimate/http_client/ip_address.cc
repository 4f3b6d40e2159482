#include "geoclimate/http_client/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace geoclimate::http_client {
namespace {

struct Network {
  std::string_view prefix;  // the bytes that its length covers, at least
  int bits;
};

// IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later), and multicast and above.
constexpr Network kSpecialV4[] = {
    {{"\0", 1}, 8},                 // "this network"
    {{"\x0a", 1}, 8},               // 10.0.0.0/8
    {{"\x64\x40", 2}, 10},          // 100.64.0.0/10
    {{"\x7f", 1}, 8},               // loopback
    {{"\xa8\x3f\x81\x10", 4}, 32},  // 168.63.129.16: Azure's host, public by number alone
    {{"\xa9\xfe", 2}, 16},          // 169.254.0.0/16, with the metadata services
    {{"\xac\x10", 2}, 12},          // 172.16.0.0/12
    {{"\xc0\0\0", 3}, 24},          // 192.0.0.0/24, protocol assignments
    {{"\xc0\0\x02", 3}, 24},        // documentation
    {{"\xc0\x58\x63", 3}, 24},      // 6to4 relays
    {{"\xc0\xa8", 2}, 16},          // 192.168.0.0/16
    {{"\xc6\x12", 2}, 15},          // benchmarks
    {{"\xc6\x33\x64", 3}, 24},      // documentation
    {{"\xcb\0\x71", 3}, 24},        // documentation
    {{"\xe0", 1}, 3},               // multicast, reserved, broadcast
};

// Of IPv6 only what IANA allocates to hosts counts, less the parts of it that are special.
constexpr Network kGlobalV6 = {{"\x20", 1}, 3};
constexpr Network kSpecialV6[] = {
    {{"\x20\x01\0", 3}, 23},        // protocol assignments, Teredo
    {{"\x20\x01\x0d\xb8", 4}, 32},  // documentation
    {{"\x20\x02", 2}, 16},          // 6to4
    {{"\x3f\xff\0", 3}, 20},        // documentation
};

bool IsWithin(std::string_view bytes, const Network& network) {
  const auto whole = static_cast<std::size_t>(network.bits / 8);
  if (bytes.substr(0, whole) != network.prefix.substr(0, whole)) return false;
  const int rest = network.bits % 8;
  if (rest == 0) return true;
  const int shift = 8 - rest;
  return static_cast<unsigned char>(bytes[whole]) >> shift ==
         static_cast<unsigned char>(network.prefix[whole]) >> shift;
}

}  // namespace

std::optional<IpAddress> IpAddress::From(const sockaddr& address) {
  IpAddress result;
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    std::memcpy(result.bytes_.data(), &v4.sin_addr, sizeof v4.sin_addr);
    result.is_v4_ = true;
    return result;
  }
  if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(result.bytes_.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    return result;
  }
  return std::nullopt;
}

std::optional<IpAddress> IpAddress::Parse(const std::string& text) {
  IpAddress result;
  if (::inet_pton(AF_INET, text.c_str(), result.bytes_.data()) == 1) {
    result.is_v4_ = true;
    return result;
  }
  if (::inet_pton(AF_INET6, text.c_str(), result.bytes_.data()) == 1) return result;
  return std::nullopt;
}

std::string_view IpAddress::bytes() const {
  return {bytes_.data(), is_v4_ ? sizeof(in_addr) : sizeof(in6_addr)};
}

std::string IpAddress::ToString() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v4_ ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

bool IsPublic(const IpAddress& address) {
  const auto holds = [&](const Network& network) { return IsWithin(address.bytes(), network); };
  if (address.is_v4()) return std::ranges::none_of(kSpecialV4, holds);
  return holds(kGlobalV6) && std::ranges::none_of(kSpecialV6, holds);
}

}  // namespace geoclimate::http_client
