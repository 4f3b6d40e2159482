#include "geoclimate/server/grpc/inference_service.h"

#include <string_view>
#include <utility>

#include "geoclimate/server/grpc/call_status.h"
#include "geoclimate/server/grpc/inference_call.h"
#include "geoclimate/server/grpc/inference_stream.h"
#include "geoclimate/server/grpc/scheduled_reactor.h"
#include "geoclimate/service/tensor_models.h"

namespace geoclimate::server::grpc {
namespace {

using inference::TensorSpec;
using Reactor = ::grpc::ServerUnaryReactor;

Reactor* Finish(::grpc::CallbackServerContext& context, const base::Result<void>& result) {
  Reactor* const reactor = context.DefaultReactor();
  reactor->Finish(StatusOf(result));
  return reactor;
}

template <typename Tensors>
void WriteTensors(std::span<const TensorSpec> specs, Tensors& tensors) {
  for (const TensorSpec& spec : specs) {
    auto& tensor = *tensors.Add();
    tensor.set_name(spec.name);
    tensor.set_datatype(std::string(inference::TensorTypeName(spec.type)));
    for (const std::int64_t axis : spec.shape) tensor.add_shape(axis);
  }
}

template <typename Tensors>
void WriteConfigured(const service::ModelConfiguration& configuration,
                     std::span<const TensorSpec> specs, Tensors& tensors) {
  for (const TensorSpec& spec : specs) {
    auto& tensor = *tensors.Add();
    tensor.set_name(spec.name);
    ::inference::DataType type = ::inference::TYPE_INVALID;
    ::inference::DataType_Parse(std::string(service::ConfiguredTypeName(spec.type)), &type);
    tensor.set_data_type(type);
    for (const std::int64_t axis : configuration.Dims(spec)) tensor.add_dims(axis);
  }
}

void Write(const service::InferenceStatistics::Duration& from, ::inference::StatisticDuration& to) {
  to.set_count(from.count);
  to.set_ns(from.nanoseconds);
}

void Write(const service::ServedModel& served, ::inference::ModelStatistics& to) {
  service::InferenceStatistics::Totals totals;
  if (served.metrics.inference != nullptr) totals = served.metrics.inference->Read();
  to.set_name(served.description.model_name);
  to.set_version(std::to_string(served.description.version));
  to.set_last_inference(totals.last_inference_ms);
  to.set_inference_count(totals.inferences);
  to.set_execution_count(totals.executions);
  ::inference::InferStatistics& stats = *to.mutable_inference_stats();
  Write(totals.success, *stats.mutable_success());
  Write(totals.failure, *stats.mutable_fail());
  Write(totals.queue, *stats.mutable_queue());
  Write(totals.compute_input, *stats.mutable_compute_input());
  Write(totals.compute_infer, *stats.mutable_compute_infer());
  Write(totals.compute_output, *stats.mutable_compute_output());
  stats.mutable_cache_hit();
  stats.mutable_cache_miss();
}

base::Error ControlIsElsewhere() {
  return {base::ErrorCode::kPermissionDenied,
          "what is served is changed through the management listener, not on this port"};
}

}  // namespace

InferenceService::InferenceService(InferenceServiceOptions options, const CallAdmission& admission,
                                   const service::Models& models, const base::Clock& clock,
                                   std::function<std::string()> not_ready)
    : options_(std::move(options)),
      admission_(admission),
      models_(models),
      clock_(clock),
      not_ready_(std::move(not_ready)) {
  SetMessageAllocatorFor_ModelInfer(&messages_);
}

Reactor* InferenceService::ServerLive(Context* context, const ::inference::ServerLiveRequest*,
                                      ::inference::ServerLiveResponse* response) {
  response->set_live(true);
  return Finish(*context, {});
}

Reactor* InferenceService::ServerReady(Context* context, const ::inference::ServerReadyRequest*,
                                       ::inference::ServerReadyResponse* response) {
  response->set_ready(not_ready_().empty());
  return Finish(*context, {});
}

Reactor* InferenceService::ModelReady(Context* context,
                                      const ::inference::ModelReadyRequest* request,
                                      ::inference::ModelReadyResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  const auto served = models_.Served();
  response->set_ready(service::ChooseByVersion(*served, request->name(), request->version()).ok());
  return Finish(*context, {});
}

Reactor* InferenceService::ServerMetadata(Context* context,
                                          const ::inference::ServerMetadataRequest*,
                                          ::inference::ServerMetadataResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  response->set_name("geo-climate");
  response->set_version(options_.version);
  for (const std::string_view extension : service::kInferenceExtensions) {
    response->add_extensions(std::string(extension));
  }
  return Finish(*context, {});
}

Reactor* InferenceService::ModelMetadata(Context* context,
                                         const ::inference::ModelMetadataRequest* request,
                                         ::inference::ModelMetadataResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  const auto served = models_.Served();
  const auto model = service::ChooseByVersion(*served, request->name(), request->version());
  if (!model.ok()) return Finish(*context, model.error());
  const model::ModelDescription& description = (*model)->description;
  response->set_name(description.model_name);
  for (const int version : service::UsableVersions(*served, description.model_name)) {
    response->add_versions(std::to_string(version));
  }
  response->set_platform(description.model_type);
  WriteTensors((*model)->model->tensor_inputs(), *response->mutable_inputs());
  WriteTensors((*model)->model->tensor_outputs(), *response->mutable_outputs());
  return Finish(*context, {});
}

Reactor* InferenceService::ModelConfig(Context* context,
                                       const ::inference::ModelConfigRequest* request,
                                       ::inference::ModelConfigResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  const auto served = models_.Served();
  const auto model = service::ChooseByVersion(*served, request->name(), request->version());
  if (!model.ok()) return Finish(*context, model.error());
  const service::ModelConfiguration configuration(**model, options_.max_batch_rows);
  ::inference::ModelConfig& config = *response->mutable_config();
  config.set_name((*model)->description.model_name);
  config.set_platform((*model)->description.model_type);
  config.set_backend("geoclimate");
  config.set_max_batch_size(configuration.max_batch_size);
  config.mutable_version_policy()->mutable_specific()->add_versions((*model)->description.version);
  WriteConfigured(configuration, (*model)->model->tensor_inputs(), *config.mutable_input());
  WriteConfigured(configuration, (*model)->model->tensor_outputs(), *config.mutable_output());
  return Finish(*context, {});
}

Reactor* InferenceService::ModelStatistics(Context* context,
                                           const ::inference::ModelStatisticsRequest* request,
                                           ::inference::ModelStatisticsResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  const auto served = models_.Served();
  const auto found = service::UsableModels(*served, request->name(), request->version());
  if (!found.ok()) return Finish(*context, found.error());
  for (const service::ServedModel* const one : *found) Write(*one, *response->add_model_stats());
  return Finish(*context, {});
}

Reactor* InferenceService::RepositoryIndex(Context* context,
                                           const ::inference::RepositoryIndexRequest* request,
                                           ::inference::RepositoryIndexResponse* response) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kRead); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  const auto served = models_.Served();
  for (const service::ServedModel& one : served->models()) {
    if (request->ready() && one.model == nullptr) continue;
    auto& entry = *response->add_models();
    entry.set_name(one.description.model_name);
    entry.set_version(std::to_string(one.description.version));
    entry.set_state(one.model != nullptr ? "READY" : "UNAVAILABLE");
    if (one.failure) entry.set_reason(one.failure->message());
  }
  return Finish(*context, {});
}

Reactor* InferenceService::RepositoryModelLoad(Context* context,
                                               const ::inference::RepositoryModelLoadRequest*,
                                               ::inference::RepositoryModelLoadResponse*) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kAdmin); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  return Finish(*context, ControlIsElsewhere());
}

Reactor* InferenceService::RepositoryModelUnload(Context* context,
                                                 const ::inference::RepositoryModelUnloadRequest*,
                                                 ::inference::RepositoryModelUnloadResponse*) {
  if (const auto caller = admission_.Admit(*context, access::Scope::kAdmin); !caller.ok()) {
    return Finish(*context, caller.error());
  }
  return Finish(*context, ControlIsElsewhere());
}

Reactor* InferenceService::ModelInfer(Context* context,
                                      const ::inference::ModelInferRequest* request,
                                      ::inference::ModelInferResponse* response) {
  const auto caller = admission_.Admit(*context, access::Scope::kPredict);
  if (!caller.ok()) return Finish(*context, caller.error());
  const CallTraits traits = TraitsOf(*context, clock_, *caller);
  const auto answered = AnswerInference(
      surroundings_, [context] { return CheckStillWanted(*context); }, traits, *request, *response);
  if (!answered.ok()) return Finish(*context, answered.error());
  if (*answered == Answered::kNow) return Finish(*context, {});
  auto* const reactor = new ScheduledReactor(surroundings_, traits, *request, *response);
  reactor->Start();
  return reactor;
}

::grpc::ServerBidiReactor<::inference::ModelInferRequest, ::inference::ModelStreamInferResponse>*
InferenceService::ModelStreamInfer(Context* context) {
  const auto caller = admission_.Admit(*context, access::Scope::kPredict);
  if (!caller.ok()) return new RefusedStream(StatusOf(caller.error()));
  return new InferenceStream(*context, surroundings_, *caller);
}

}  // namespace geoclimate::server::grpc
