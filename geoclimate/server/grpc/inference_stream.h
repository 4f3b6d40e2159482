#pragma once

#include <cstddef>

#include "geoclimate/base/clock.h"
#include "geoclimate/service/models.h"
#include "inference/grpc_service.grpc.pb.h"

namespace geoclimate::server::grpc {

// A ModelStreamInfer call: reads a request, answers it, reads the next. A request that fails is
// answered with its message, and the stream goes on. Ends with OK when the caller has sent its
// last.
//
// Deletes itself when gRPC is done with it. What it is given must outlive it.
class InferenceStream final
    : public ::grpc::ServerBidiReactor<::inference::ModelInferRequest,
                                       ::inference::ModelStreamInferResponse> {
 public:
  InferenceStream(const ::grpc::CallbackServerContext& context, const service::Models& models,
                  const base::Clock& clock, std::size_t max_batch_rows);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  const ::grpc::CallbackServerContext& context_;
  const service::Models& models_;
  const base::Clock& clock_;
  const std::size_t max_batch_rows_;
  ::inference::ModelInferRequest request_;
  ::inference::ModelStreamInferResponse response_;
};

}  // namespace geoclimate::server::grpc
