#include "geoclimate/server/grpc/infer_messages.h"

#include <google/protobuf/arena.h>

#include <array>
#include <memory>
#include <vector>

namespace geoclimate::server::grpc {
namespace {

using Request = ::inference::ModelInferRequest;
using Response = ::inference::ModelInferResponse;

// Enough for requests with some tens of tensors.
constexpr std::size_t kBlockBytes = 8192;
// Calls in progress at once that find a kept arena, on each thread.
constexpr std::size_t kKept = 64;

class Holder;
std::vector<std::unique_ptr<Holder>>& Kept();

class Holder final : public ::grpc::MessageHolder<Request, Response> {
 public:
  Holder() : arena_(OptionsFor(block_)) {}

  void Fill() {
    set_request(google::protobuf::Arena::CreateMessage<Request>(&arena_));
    set_response(google::protobuf::Arena::CreateMessage<Response>(&arena_));
  }

  void Release() override {
    std::unique_ptr<Holder> self(this);
    arena_.Reset();
    if (Kept().size() < kKept) Kept().push_back(std::move(self));
  }

 private:
  static google::protobuf::ArenaOptions OptionsFor(std::array<char, kBlockBytes>& block) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block.data();
    options.initial_block_size = block.size();
    return options;
  }

  alignas(std::max_align_t) std::array<char, kBlockBytes> block_;
  google::protobuf::Arena arena_;
};

std::vector<std::unique_ptr<Holder>>& Kept() {
  thread_local std::vector<std::unique_ptr<Holder>> kept;
  return kept;
}

}  // namespace

::grpc::MessageHolder<Request, Response>* InferMessages::AllocateMessages() {
  std::unique_ptr<Holder> holder;
  if (Kept().empty()) {
    holder = std::make_unique<Holder>();
  } else {
    holder = std::move(Kept().back());
    Kept().pop_back();
  }
  holder->Fill();
  return holder.release();
}

}  // namespace geoclimate::server::grpc
