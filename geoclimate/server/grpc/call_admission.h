#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "geoclimate/access/authentication.h"
#include "geoclimate/access/trusted_proxies.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/mutex.h"
#include "geoclimate/base/result.h"

// After base/mutex.h: what it includes defines the same macros for itself.
#include <grpcpp/server_context.h>

namespace geoclimate::server::grpc {

// Who may call what: metadata "x-api-key" or "authorization" against what is known of callers, by
// the rules of HTTP. Thread-safe.
class CallAdmission {
 public:
  // `authentication` may be null; what is given outlives this.
  CallAdmission(const access::Authentication* authentication, access::TrustedProxies proxies,
                const base::Clock& clock)
      : proxies_(std::move(proxies)), clock_(clock), desks_(MakeDesks(authentication)) {}

  // kUnauthenticated, kPermissionDenied (also for forwarding metadata from an address that is no
  // trusted proxy), kResourceExhausted, with "retry-after" in the trailing metadata, for a call
  // that comes too soon.
  base::Result<access::Caller> Admit(::grpc::CallbackServerContext& context,
                                     access::Scope needed) const;

 private:
  // gRPC's threads are its own, and come and go: a call takes a desk that is free.
  struct alignas(64) Desk {
    explicit Desk(const access::Authentication* authentication) : authenticator(authentication) {}
    base::Mutex mutex;
    access::Authenticator authenticator GUARDED_BY(mutex);
  };
  static std::vector<std::unique_ptr<Desk>> MakeDesks(const access::Authentication* authentication);
  access::Verdict Check(const access::Credentials& shown, std::string_view address) const;
  base::Result<std::string> AddressOf(const ::grpc::CallbackServerContext& context) const;

  const access::TrustedProxies proxies_;
  const base::Clock& clock_;
  const std::vector<std::unique_ptr<Desk>> desks_;
};

// The numeric address of a peer as gRPC writes it, "ipv4:192.0.2.7:4711" or
// "ipv6:%5B2001:db8::1%5D:4711"; empty for another kind of socket.
std::string PeerAddress(std::string_view peer);

}  // namespace geoclimate::server::grpc
