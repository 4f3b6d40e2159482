#pragma once

#include <grpcpp/support/message_allocator.h>

#include "inference/grpc_service.pb.h"

namespace geoclimate::server::grpc {

// Gives each ModelInfer call messages in a protobuf arena of its own, and keeps arenas for the next
// calls: a warm call builds its messages without asking the heap, but for bytes of tensors, which
// protobuf keeps in strings.
//
// Thread-safe: each thread keeps the arenas that it released.
class InferMessages final : public ::grpc::MessageAllocator<::inference::ModelInferRequest,
                                                            ::inference::ModelInferResponse> {
 public:
  ::grpc::MessageHolder<::inference::ModelInferRequest, ::inference::ModelInferResponse>*
  AllocateMessages() override;
};

}  // namespace geoclimate::server::grpc
