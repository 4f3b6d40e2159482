#include "geoclimate/server/grpc/inference_stream.h"

#include <string>
#include <utility>

#include "geoclimate/access/authentication.h"
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
                                 const InferenceSurroundings& surroundings,
                                 const access::Caller& caller)
    : context_(context), surroundings_(surroundings), caller_(caller) {
  StartRead(&request_);
}

// Into the response, now or by the scheduler.
base::Result<Answered> InferenceStream::Answer() {
  ::inference::ModelInferResponse& response = *response_.mutable_infer_response();
  // The first was counted when the call was let in.
  if (!std::exchange(first_, false) && caller_.activity != nullptr &&
      !caller_.activity->TakeRequest()) {
    return base::Error(base::ErrorCode::kResourceExhausted,
                       std::string(access::Describe(access::Rejection::kTooOften)));
  }
  const CallTraits traits = TraitsOf(context_, surroundings_.clock, caller_);
  GC_ASSIGN_OR_RETURN(const Answered answered,
                      AnswerInference(
                          surroundings_, [this] { return CheckStillWanted(context_); }, traits,
                          request_, response));
  if (answered == Answered::kToBeScheduled) {
    scheduled_.emplace(surroundings_, traits, request_, response);
    GC_RETURN_IF_ERROR(scheduled_->Submit([this] { Write(scheduled_->Finish()); }));
  }
  return answered;
}

void InferenceStream::OnReadDone(bool ok) {
  if (!ok) {
    Finish(::grpc::Status::OK);
    return;
  }
  scheduled_.reset();
  response_.Clear();
  const base::Result<Answered> answered = Answer();
  if (!answered.ok()) {
    Write(answered.error());
  } else if (*answered == Answered::kNow) {
    Write({});
  }
}

void InferenceStream::Write(const base::Result<void>& answered) {
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
