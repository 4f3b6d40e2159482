#include "geoclimate/access/trusted_proxies.h"

#include <utility>

namespace geoclimate::access {
namespace {

using Kind = ForwardingField::Kind;

bool EqualsLower(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// "192.0.2.7" of "192.0.2.7:4711", "2001:db8::1" of "[2001:db8::1]:4711", with or without quotes.
std::string_view AddressIn(std::string_view node) {
  node = Trim(node);
  if (node.size() >= 2 && node.starts_with('"') && node.ends_with('"')) {
    node = node.substr(1, node.size() - 2);
  }
  if (node.starts_with('[')) return node.substr(1, node.substr(1).find(']'));
  const std::size_t colon = node.find(':');
  const bool has_port = colon != std::string_view::npos && colon == node.rfind(':');
  return has_port ? node.substr(0, colon) : node;
}

// The node of an element of Forwarded (RFC 7239, 4): `for="[2001:db8::1]:80";proto=https`.
std::string_view ForwardedNode(std::string_view element) {
  while (!element.empty()) {
    const std::size_t semicolon = element.find(';');
    const std::string_view pair = Trim(element.substr(0, semicolon));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && EqualsLower(Trim(pair.substr(0, equals)), "for")) {
      return AddressIn(pair.substr(equals + 1));
    }
    if (semicolon == std::string_view::npos) break;
    element.remove_prefix(semicolon + 1);
  }
  return {};
}

}  // namespace

std::optional<Kind> ParseForwardingName(std::string_view name) {
  constexpr std::string_view kFamily = "x-forwarded-";
  if (EqualsLower(name, "x-forwarded-for")) return Kind::kXForwardedFor;
  if (EqualsLower(name, "forwarded")) return Kind::kForwarded;
  if (EqualsLower(name, "x-real-ip")) return Kind::kXRealIp;
  if (EqualsLower(name.substr(0, kFamily.size()), kFamily)) return Kind::kOther;
  return std::nullopt;
}

base::Result<TrustedProxies> TrustedProxies::Parse(const std::vector<std::string>& entries) {
  TrustedProxies proxies;
  GC_ASSIGN_OR_RETURN(proxies.list_, AddressList::Parse(entries));
  return proxies;
}

bool TrustedProxies::Contain(std::string_view address) const {
  if (list_.empty()) return false;
  const std::optional<Address> parsed = Address::Parse(address);
  return parsed.has_value() && list_.Contains(*parsed);
}

std::string_view TrustedProxies::ClientOf(std::span<const ForwardingField> fields) const {
  for (const Kind kind : {Kind::kXForwardedFor, Kind::kForwarded, Kind::kXRealIp}) {
    std::string_view seen;
    for (std::size_t i = fields.size(); i > 0; --i) {
      if (fields[i - 1].kind != kind) continue;
      std::string_view list = fields[i - 1].value;
      while (!list.empty()) {
        const std::size_t comma = list.rfind(',');
        const bool first = comma == std::string_view::npos;
        const std::string_view element = first ? list : list.substr(comma + 1);
        const std::string_view address =
            kind == Kind::kForwarded ? ForwardedNode(element) : AddressIn(element);
        if (!address.empty()) seen = address;
        if (!address.empty() && !Contain(address)) return address;
        list = first ? std::string_view() : list.substr(0, comma);
      }
    }
    if (!seen.empty()) return seen;
  }
  return "unknown";
}

}  // namespace geoclimate::access
