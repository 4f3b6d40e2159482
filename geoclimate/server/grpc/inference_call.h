#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/server/grpc/call_traits.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/tensor_inference.h"
#include "inference/grpc_service.pb.h"

namespace geoclimate::server::grpc {

// Why nobody waits for an answer any more: kCancelled, kDeadlineExceeded; success while somebody
// does. Asked before the model is, and between slices of a long request.
using StillWanted = std::function<base::Result<void>()>;

// What every call of a server shares; outlives the calls.
struct InferenceSurroundings {
  const service::Models& models;
  const base::Clock& clock;
  std::size_t max_batch_rows;
};

// Answers one inference request: chooses the model, takes the tensors where the message has them,
// scores, and fills `response`, outputs as raw contents. Counts into the model's statistics.
//
// Errors: service::ChooseByVersion's, TensorInference's, `still_wanted`'s; kInvalidArgument for a
// message whose raw contents are not one for each input, and kUnimplemented for what is not served
// (shared memory, classification). After one `response` is to be thrown away.
//
// kToBeScheduled when the model's scheduler is to do it: nothing has been done then, see
// ScheduledCall.
enum class Answered : std::uint8_t { kNow, kToBeScheduled };
base::Result<Answered> AnswerInference(const InferenceSurroundings& surroundings,
                                       const StillWanted& still_wanted, const CallTraits& traits,
                                       const ::inference::ModelInferRequest& request,
                                       ::inference::ModelInferResponse& response);

// The same for what is too long for a thread of gRPC's. `request` and `response` outlive it.
class ScheduledCall {
 public:
  ScheduledCall(const InferenceSurroundings& surroundings, const CallTraits& traits,
                const ::inference::ModelInferRequest& request,
                ::inference::ModelInferResponse& response);
  ~ScheduledCall();
  ScheduledCall(const ScheduledCall&) = delete;
  ScheduledCall& operator=(const ScheduledCall&) = delete;

  // `scored` is called once on another thread, unless an error is returned. It may tell another
  // thread to destroy this, and not do so itself.
  base::Result<void> Submit(std::function<void()> scored);
  // After `scored`: fills the response.
  base::Result<void> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The tensor of input `index`, its bytes those of the message where the datatype has elements of
// the same size there, else in `memory`. The same errors. For fuzzers too.
base::Result<service::InputTensor> TensorOf(const ::inference::ModelInferRequest& request,
                                            int index, std::pmr::memory_resource& memory);

}  // namespace geoclimate::server::grpc
