// What callers show and where they say they come from: nothing that nobody was given opens
// anything, and nobody who is not on this machine is taken for somebody who is.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "geoclimate/access/address.h"
#include "geoclimate/access/api_key.h"
#include "geoclimate/access/authentication.h"
#include "geoclimate/access/trusted_proxies.h"
#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"

namespace {

namespace access = geoclimate::access;

std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

std::string_view ClientOf(std::string_view lines) {
  static const access::TrustedProxies proxies =
      *access::TrustedProxies::Parse({"10.0.0.0/8", "127.0.0.1", "2001:db8::/32"});
  std::vector<access::ForwardingField> fields;
  while (!lines.empty()) {
    const std::string_view line = TakeLine(lines);
    const std::size_t colon = line.find(':');
    const auto kind = access::ParseForwardingName(line.substr(0, colon));
    if (!kind.has_value() || colon == std::string_view::npos) continue;
    fields.push_back({*kind, line.substr(colon + 1)});
  }
  return proxies.ClientOf(fields);
}

}  // namespace

// Lines: X-API-Key, Authorization, then forwarding fields.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const access::Authentication nothing;
  access::Authenticator authenticator(&nothing);
  const access::Credentials shown{.api_key = TakeLine(text), .authorization = TakeLine(text)};
  const std::string_view client = ClientOf(text);
  const access::Verdict verdict =
      authenticator.Check(shown, client, geoclimate::base::Timestamp(std::chrono::hours(1)));
  const auto address = access::Address::Parse(client);
  const bool local = address.has_value() && address->is_loopback();
  GC_CHECK(verdict.caller.kind == access::Caller::Kind::kNobody || local, "only this machine");
  GC_CHECK(!verdict.caller.scopes.Allows(access::Scope::kAdmin), "nobody administers");
  if (const auto digest = access::DigestOfApiKey(shown.api_key)) {
    GC_CHECK(verdict.rejection == access::Rejection::kUnknown, "no key was made");
  }
  return 0;
}
