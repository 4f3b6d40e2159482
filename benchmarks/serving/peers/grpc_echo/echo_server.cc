// The cheapest KServe v2 gRPC server that grpc++ allows: parses a ModelInferRequest, runs nothing
// and answers a ModelInferResponse as long as a prediction's. Usage: echo_server PORT
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <string>

#include "open_inference.grpc.pb.h"

namespace {

class Echo final : public inference::GRPCInferenceService::CallbackService {
 public:
  grpc::ServerUnaryReactor* ModelInfer(grpc::CallbackServerContext* context,
                                       const inference::ModelInferRequest* request,
                                       inference::ModelInferResponse* response) override {
    response->set_model_name(request->model_name());
    response->set_model_version("1");
    response->set_id(request->id());
    auto* const output = response->add_outputs();
    output->set_name("output");
    output->set_datatype("FP32");
    output->add_shape(1);
    output->add_shape(1);
    // The first value of the row, as it came.
    response->add_raw_output_contents(request->raw_input_contents_size() > 0
                                          ? request->raw_input_contents(0).substr(0, sizeof(float))
                                          : std::string());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: echo_server PORT\n", stderr);
    return 2;
  }
  Echo echo;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("127.0.0.1:") + argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}
