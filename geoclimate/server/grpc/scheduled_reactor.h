#pragma once

#include "geoclimate/server/grpc/inference_call.h"
#include "inference/grpc_service.grpc.pb.h"

namespace geoclimate::server::grpc {

// A ModelInfer call that its model's scheduler answers. Deletes itself when gRPC is done with it.
class ScheduledReactor final : public ::grpc::ServerUnaryReactor {
 public:
  ScheduledReactor(const InferenceSurroundings& surroundings, const CallTraits& traits,
                   const ::inference::ModelInferRequest& request,
                   ::inference::ModelInferResponse& response);

  void Start();
  // On another thread than the one that finishes, which may not have returned: the call waits for
  // it.
  void OnDone() override { delete this; }

 private:
  ScheduledCall call_;
};

}  // namespace geoclimate::server::grpc
