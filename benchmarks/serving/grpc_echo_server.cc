// What gRPC itself costs: a bare callback service that answers every ModelInfer with a constant of
// the size that the real server answers with. Prints "ready" and runs until it is killed.
//
//   grpc_echo_server PORT

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <memory>
#include <string>

#include "inference/grpc_service.grpc.pb.h"

namespace {

class Echo final : public inference::GRPCInferenceService::CallbackService {
 public:
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest*,
                                       inference::ModelInferResponse* response) override {
    constexpr std::size_t kFloat = 4;
    response->set_model_name("benchmark");
    response->set_model_version("1");
    auto& output = *response->add_outputs();
    output.set_name("output");
    output.set_datatype("FP32");
    output.add_shape(1);
    output.add_shape(1);
    response->add_raw_output_contents(std::string(kFloat, '\1'));
    auto* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  Echo echo;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::string(argv[1]), grpc::InsecureServerCredentials());
  builder.RegisterService(&echo);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  std::puts("ready");
  std::fflush(stdout);
  server->Wait();
  return 0;
}
