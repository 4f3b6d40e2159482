#include "geoclimate/server/grpc/call_status.h"

#include <chrono>

namespace geoclimate::server::grpc {

base::Result<void> CheckStillWanted(const ::grpc::CallbackServerContext& context) {
  if (std::chrono::system_clock::now() >= context.deadline()) {
    return base::Error(base::ErrorCode::kDeadlineExceeded, "the deadline has passed");
  }
  if (context.IsCancelled()) {
    return base::Error(base::ErrorCode::kCancelled, "the caller has gone");
  }
  return {};
}

CallTraits TraitsOf(const ::grpc::CallbackServerContext& context, const base::Clock& clock,
                    const access::Caller& caller) {
  CallTraits traits;
  traits.activity = caller.activity;
  const auto key = context.client_metadata().find("x-routing-key");
  if (key != context.client_metadata().end()) {
    traits.routing_key = {key->second.data(), key->second.size()};
  }
  const auto at = context.deadline();
  if (at == std::chrono::system_clock::time_point::max()) return traits;
  const auto left = at - std::chrono::system_clock::now();
  // A caller without a deadline may send one of centuries.
  constexpr std::chrono::hours kLongest{24 * 365};
  if (left < kLongest) traits.deadline = base::Deadline::After(clock, left);
  return traits;
}

}  // namespace geoclimate::server::grpc
