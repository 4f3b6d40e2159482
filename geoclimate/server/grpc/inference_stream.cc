#include "geoclimate/server/grpc/inference_stream.h"

#include "geoclimate/server/grpc/call_status.h"
#include "geoclimate/server/grpc/inference_call.h"

namespace geoclimate::server::grpc {
namespace {

// Clients that wait for several answers a request ask to be told which one is the last.
void SayFinal(const ::inference::ModelInferRequest& request,
              ::inference::ModelInferResponse& response) {
  const auto asked = request.parameters().find("triton_enable_empty_final_response");
  if (asked == request.parameters().end() || !asked->second.bool_param()) return;
  (*response.mutable_parameters())["triton_final_response"].set_bool_param(true);
}

}  // namespace

InferenceStream::InferenceStream(const ::grpc::CallbackServerContext& context,
                                 const service::Models& models, const base::Clock& clock,
                                 std::size_t max_batch_rows)
    : context_(context), models_(models), clock_(clock), max_batch_rows_(max_batch_rows) {
  StartRead(&request_);
}

void InferenceStream::OnReadDone(bool ok) {
  if (!ok) {
    Finish(::grpc::Status::OK);
    return;
  }
  response_.Clear();
  const base::Result<void> answered = AnswerInference(
      models_, clock_, max_batch_rows_, [this] { return CheckStillWanted(context_); }, request_,
      *response_.mutable_infer_response());
  if (!answered.ok()) {
    response_.set_error_message(answered.error().message());
    response_.mutable_infer_response()->Clear();
    response_.mutable_infer_response()->set_id(request_.id());
  }
  SayFinal(request_, *response_.mutable_infer_response());
  StartWrite(&response_);
}

void InferenceStream::OnWriteDone(bool ok) {
  if (ok) {
    StartRead(&request_);
  } else {
    Finish({::grpc::StatusCode::CANCELLED, "the caller has gone"});
  }
}

}  // namespace geoclimate::server::grpc
