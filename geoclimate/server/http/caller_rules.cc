#include "geoclimate/server/http/caller_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "geoclimate/access/address.h"
#include "geoclimate/base/check.h"
#include "geoclimate/server/http/ascii.h"
#include "geoclimate/server/http/server.h"

namespace geoclimate::server::http {
namespace {

// "example.org" of "example.org:8000", "[::1]" of "[::1]:8000"; empty when the port is none.
std::string_view HostOf(std::string_view authority) {
  const std::size_t name_end = authority.starts_with('[') ? authority.find(']') : 0;
  if (name_end == std::string_view::npos) return {};
  const std::size_t colon = authority.find(':', name_end);
  if (colon == std::string_view::npos) return authority;
  const std::string_view port = authority.substr(colon + 1);
  if (!port.empty() && !ParseDigits(port).has_value()) return {};
  return authority.substr(0, colon);
}

void AddHost(std::vector<std::string>& hosts, std::string_view host) {
  const bool bare_ipv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  hosts.push_back(bare_ipv6 ? "[" + std::string(host) + "]" : std::string(host));
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsLoopback(const std::optional<ListenerOptions>& listener) {
  if (!listener.has_value()) return true;
  const auto address = access::Address::Parse(listener->host);
  return address.has_value() && address->is_loopback();
}

}  // namespace

CallerRules::CallerRules(const ServerOptions& options)
    : any_host_(options.allowed_hosts.empty() && !IsLoopback(options.public_listener)),
      cors_origins_(options.cors_origins) {
  auto proxies = access::TrustedProxies::Parse(options.trusted_proxies);
  GC_CHECK(proxies.ok(), "ServerOptions::Validate() has looked at them");
  trusted_proxies_ = *std::move(proxies);
  for (const std::string_view host : {"127.0.0.1", "localhost", "[::1]"}) AddHost(hosts_, host);
  for (const auto& listener :
       {options.public_listener, options.management_listener, options.metrics_listener}) {
    if (listener.has_value()) AddHost(hosts_, listener->host);
  }
  for (const std::string& host : options.allowed_hosts) AddHost(hosts_, host);
}

bool CallerRules::IsOwnHost(std::string_view host) const {
  if (any_host_) return !host.empty();
  return std::any_of(hosts_.begin(), hosts_.end(),
                     [&](const std::string& own) { return EqualsIgnoringCase(own, host); });
}

std::string_view CallerRules::ClientBehindProxies(const RequestHead& head,
                                                  const char* message) const {
  std::array<access::ForwardingField, RequestHead::kMaxFields> fields;
  std::size_t count = 0;
  for (std::size_t i = 0; i < head.field_count; ++i) {
    const auto kind = access::ParseForwardingName(head.fields[i].name.In(message));
    if (kind.has_value()) fields[count++] = {*kind, head.fields[i].value.In(message)};
  }
  return trusted_proxies_.ClientOf({fields.data(), count});
}

std::optional<Refusal> CallerRules::Check(const RequestHead& head, const char* message,
                                          std::string_view peer, Caller& caller) const {
  using base::ErrorCode;
  caller = {peer, {}};
  const std::string_view authority = head.Value(KnownField::kHost, message);
  if (head.Has(KnownField::kHost) && !IsOwnHost(HostOf(authority))) {
    return Refusal{403, ErrorCode::kPermissionDenied, "Host names another server"};
  }
  if (head.Has(KnownField::kForwarded)) {
    if (!trusted_proxies_.Contain(peer)) {
      return Refusal{403, ErrorCode::kPermissionDenied,
                     "forwarding fields from an address that is no trusted proxy"};
    }
    caller.address = ClientBehindProxies(head, message);
  }
  if (!head.Has(KnownField::kOrigin)) return std::nullopt;
  const std::string_view origin = head.Value(KnownField::kOrigin, message);
  if (Contains(cors_origins_, origin)) {
    caller.cors_origin = origin;
    return std::nullopt;
  }
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end != std::string_view::npos &&
      EqualsIgnoringCase(origin.substr(scheme_end + 3), authority)) {
    return std::nullopt;
  }
  return Refusal{403, ErrorCode::kPermissionDenied, "Origin is another site"};
}

}  // namespace geoclimate::server::http
