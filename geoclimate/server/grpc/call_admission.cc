#include "geoclimate/server/grpc/call_admission.h"

#include <functional>
#include <thread>

#include <fmt/format.h>

namespace geoclimate::server::grpc {
namespace {

constexpr std::size_t kDesks = 16;

std::string_view FirstOf(const ::grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

std::string PeerAddress(std::string_view peer) {
  const std::size_t family = peer.find(':');
  const std::size_t port = peer.rfind(':');
  if (!peer.starts_with("ipv") || port == family) return {};
  std::string_view host = peer.substr(family + 1, port - family - 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.starts_with("%5B") && host.ends_with("%5D")) host = host.substr(3, host.size() - 6);
  return std::string(host);
}

std::vector<std::unique_ptr<CallAdmission::Desk>> CallAdmission::MakeDesks(
    const access::Authentication* authentication) {
  std::vector<std::unique_ptr<Desk>> desks;
  desks.reserve(kDesks);
  for (std::size_t i = 0; i < kDesks; ++i) desks.push_back(std::make_unique<Desk>(authentication));
  return desks;
}

base::Result<std::string> CallAdmission::AddressOf(
    const ::grpc::CallbackServerContext& context) const {
  std::string peer = PeerAddress(context.peer());
  std::vector<access::ForwardingField> fields;
  for (const auto& [name, value] : context.client_metadata()) {
    const auto kind = access::ParseForwardingName({name.data(), name.size()});
    if (kind.has_value()) fields.push_back({*kind, {value.data(), value.size()}});
  }
  if (fields.empty()) return peer;
  if (proxies_.Contain(peer)) return std::string(proxies_.ClientOf(fields));
  return base::Error(base::ErrorCode::kPermissionDenied,
                     "forwarding fields from an address that is no trusted proxy");
}

access::Verdict CallAdmission::Check(const access::Credentials& shown,
                                     std::string_view address) const {
  const base::Timestamp now = clock_.Now();
  const std::size_t first = std::hash<std::thread::id>()(std::this_thread::get_id());
  for (std::size_t i = 0; i < kDesks; ++i) {
    Desk& desk = *desks_[(first + i) % kDesks];
    if (!desk.mutex.TryLock()) continue;
    const access::Verdict verdict = desk.authenticator.Check(shown, address, now);
    desk.mutex.Unlock();
    return verdict;
  }
  Desk& desk = *desks_[first % kDesks];
  const base::MutexLock lock(desk.mutex);
  return desk.authenticator.Check(shown, address, now);
}

base::Result<access::Caller> CallAdmission::Admit(::grpc::CallbackServerContext& context,
                                                  access::Scope needed) const {
  GC_ASSIGN_OR_RETURN(const std::string address, AddressOf(context));
  const access::Verdict verdict = Check({.api_key = FirstOf(context, "x-api-key"),
                                         .authorization = FirstOf(context, "authorization")},
                                        address);
  if (verdict.rejection == access::Rejection::kTooOften) {
    context.AddTrailingMetadata("retry-after",
                                std::to_string(verdict.standing.retry_after.count()));
    return base::Error(base::ErrorCode::kResourceExhausted,
                       std::string(access::Describe(verdict.rejection)));
  }
  if (verdict.rejection != access::Rejection::kNone) {
    return base::Error(verdict.rejection == access::Rejection::kUnchecked
                           ? base::ErrorCode::kUnavailable
                           : base::ErrorCode::kUnauthenticated,
                       std::string(access::Describe(verdict.rejection)));
  }
  if (verdict.caller.scopes.Allows(needed)) return verdict.caller;
  return base::Error(
      base::ErrorCode::kPermissionDenied,
      fmt::format("the key or token has not the scope {}", access::ScopeName(needed)));
}

}  // namespace geoclimate::server::grpc
