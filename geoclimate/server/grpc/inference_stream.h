#pragma once

#include <optional>

#include "geoclimate/access/caller.h"
#include "geoclimate/server/grpc/inference_call.h"
#include "inference/grpc_service.grpc.pb.h"

namespace geoclimate::server::grpc {

// A ModelStreamInfer call: reads a request, answers it, reads the next. A request that fails is
// answered with its message, and the stream goes on; each further one counts as a request of the
// caller, and one that comes too soon fails. Ends with OK when the caller has sent its
// last.
//
// Deletes itself when gRPC is done with it. What it is given must outlive it.
class InferenceStream final
    : public ::grpc::ServerBidiReactor<::inference::ModelInferRequest,
                                       ::inference::ModelStreamInferResponse> {
 public:
  InferenceStream(const ::grpc::CallbackServerContext& context,
                  const InferenceSurroundings& surroundings, const access::Caller& caller);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  base::Result<Answered> Answer();
  void Write(const base::Result<void>& answered);

  const ::grpc::CallbackServerContext& context_;
  const InferenceSurroundings& surroundings_;
  const access::Caller caller_;
  bool first_ = true;  // no message has come yet
  ::inference::ModelInferRequest request_;
  ::inference::ModelStreamInferResponse response_;
  std::optional<ScheduledCall> scheduled_;  // first to go
};

// A call that ends at once. Deletes itself when gRPC is done with it.
class RefusedStream final
    : public ::grpc::ServerBidiReactor<::inference::ModelInferRequest,
                                       ::inference::ModelStreamInferResponse> {
 public:
  explicit RefusedStream(const ::grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace geoclimate::server::grpc
