#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/server/grpc/call_admission.h"
#include "geoclimate/server/grpc/infer_messages.h"
#include "geoclimate/server/grpc/inference_call.h"
#include "geoclimate/service/models.h"
#include "inference/grpc_service.grpc.pb.h"

namespace geoclimate::server::grpc {

struct InferenceServiceOptions {
  std::string version;
  std::size_t max_batch_rows = 10'000;
};

// inference.GRPCInferenceService. Health and readiness are open to everybody; other calls need a
// scope, the same as over HTTP. Repository control is PERMISSION_DENIED: it is the management
// listener's.
//
// Thread-safe. What the constructor is given must outlive it.
class InferenceService final : public ::inference::GRPCInferenceService::CallbackService {
 public:
  // `not_ready` says why the process must get no requests now; nothing when it may.
  InferenceService(InferenceServiceOptions options, const CallAdmission& admission,
                   const service::Models& models, const base::Clock& clock,
                   std::function<std::string()> not_ready);

  using Context = ::grpc::CallbackServerContext;
  using Reactor = ::grpc::ServerUnaryReactor;

  Reactor* ServerLive(Context* context, const ::inference::ServerLiveRequest* request,
                      ::inference::ServerLiveResponse* response) override;
  Reactor* ServerReady(Context* context, const ::inference::ServerReadyRequest* request,
                       ::inference::ServerReadyResponse* response) override;
  Reactor* ModelReady(Context* context, const ::inference::ModelReadyRequest* request,
                      ::inference::ModelReadyResponse* response) override;
  Reactor* ServerMetadata(Context* context, const ::inference::ServerMetadataRequest* request,
                          ::inference::ServerMetadataResponse* response) override;
  Reactor* ModelMetadata(Context* context, const ::inference::ModelMetadataRequest* request,
                         ::inference::ModelMetadataResponse* response) override;
  Reactor* ModelConfig(Context* context, const ::inference::ModelConfigRequest* request,
                       ::inference::ModelConfigResponse* response) override;
  Reactor* ModelStatistics(Context* context, const ::inference::ModelStatisticsRequest* request,
                           ::inference::ModelStatisticsResponse* response) override;
  Reactor* RepositoryIndex(Context* context, const ::inference::RepositoryIndexRequest* request,
                           ::inference::RepositoryIndexResponse* response) override;
  Reactor* RepositoryModelLoad(Context* context,
                               const ::inference::RepositoryModelLoadRequest* request,
                               ::inference::RepositoryModelLoadResponse* response) override;
  Reactor* RepositoryModelUnload(Context* context,
                                 const ::inference::RepositoryModelUnloadRequest* request,
                                 ::inference::RepositoryModelUnloadResponse* response) override;
  Reactor* ModelInfer(Context* context, const ::inference::ModelInferRequest* request,
                      ::inference::ModelInferResponse* response) override;
  ::grpc::ServerBidiReactor<::inference::ModelInferRequest, ::inference::ModelStreamInferResponse>*
  ModelStreamInfer(Context* context) override;

 private:
  const InferenceServiceOptions options_;
  const CallAdmission& admission_;
  const service::Models& models_;
  const base::Clock& clock_;
  const InferenceSurroundings surroundings_{models_, clock_, options_.max_batch_rows};
  const std::function<std::string()> not_ready_;
  InferMessages messages_;
};

}  // namespace geoclimate::server::grpc
