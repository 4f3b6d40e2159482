#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/access/trusted_proxies.h"
#include "geoclimate/server/http/refusal.h"
#include "geoclimate/server/http/request_parser.h"

namespace geoclimate::server::http {

struct ServerOptions;

// What protects a server that asks loopback callers for no key, from web pages that a browser of
// the same machine shows:
//   Host must be a name of this server, or another site's name that resolves here (DNS rebinding)
//     would pass. A server that others reach has names that it does not know: there any Host will
//     do unless some are allowed by name, as every caller shows a key;
//   Origin, when given, must be this server's own or one of the allow-list;
//   Forwarded, X-Forwarded-*, X-Real-IP are taken from trusted proxies only: a proxy that nobody
//     declared would make the whole network look like loopback.
// Immutable: thread-safe.
class CallerRules {
 public:
  explicit CallerRules(const ServerOptions& options);

  struct Caller {
    // Where the request comes from: the peer, or the client that a trusted proxy names; "unknown"
    // when it names none.
    std::string_view address;
    // The allowed foreign origin, to be repeated in Access-Control-Allow-Origin; empty without one.
    std::string_view cors_origin;
  };
  // Fills `caller`; a refusal when one of the rules is broken. Views point into the message or are
  // `peer`.
  std::optional<Refusal> Check(const RequestHead& head, const char* message, std::string_view peer,
                               Caller& caller) const;

 private:
  bool IsOwnHost(std::string_view host) const;
  std::string_view ClientBehindProxies(const RequestHead& head, const char* message) const;

  std::vector<std::string> hosts_;
  bool any_host_ = false;
  access::TrustedProxies trusted_proxies_;
  std::vector<std::string> cors_origins_;
};

}  // namespace geoclimate::server::http
