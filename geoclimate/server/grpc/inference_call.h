#pragma once

#include <cstddef>
#include <functional>
#include <memory_resource>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/service/models.h"
#include "geoclimate/service/tensor_inference.h"
#include "inference/grpc_service.pb.h"

namespace geoclimate::server::grpc {

// Why nobody waits for an answer any more: kCancelled, kDeadlineExceeded; success while somebody
// does. Asked before the model is, and between slices of a long request.
using StillWanted = std::function<base::Result<void>()>;

// Answers one inference request: chooses the model, takes the tensors where the message has them,
// scores, and fills `response`, outputs as raw contents. Counts into the model's statistics.
//
// Errors: service::ChooseByVersion's, TensorInference's, `still_wanted`'s; kInvalidArgument for a
// message whose raw contents are not one for each input, and kUnimplemented for what is not served
// (shared memory, classification). After one `response` is to be thrown away.
base::Result<void> AnswerInference(const service::Models& models, const base::Clock& clock,
                                   std::size_t max_batch_rows, const StillWanted& still_wanted,
                                   const ::inference::ModelInferRequest& request,
                                   ::inference::ModelInferResponse& response);

// The tensor of input `index`, its bytes those of the message where the datatype has elements of
// the same size there, else in `memory`. The same errors. For fuzzers too.
base::Result<service::InputTensor> TensorOf(const ::inference::ModelInferRequest& request,
                                            int index, std::pmr::memory_resource& memory);

}  // namespace geoclimate::server::grpc
