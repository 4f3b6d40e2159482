#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include "geoclimate/access/caller.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/grpc/call_traits.h"

namespace geoclimate::server::grpc {

// The codes are gRPC's own.
inline ::grpc::Status StatusOf(const base::Result<void>& result) {
  if (result.ok()) return ::grpc::Status::OK;
  return {static_cast<::grpc::StatusCode>(result.error().code()), result.error().message()};
}

// kCancelled when the caller has gone, kDeadlineExceeded when its deadline has passed.
base::Result<void> CheckStillWanted(const ::grpc::CallbackServerContext& context);

// The caller's deadline and routing key, and what counts for it.
CallTraits TraitsOf(const ::grpc::CallbackServerContext& context, const base::Clock& clock,
                    const access::Caller& caller);

}  // namespace geoclimate::server::grpc
