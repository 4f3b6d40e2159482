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

}  // namespace geoclimate::server::grpc
