// Closed loop of ModelInfer calls over a few channels: each connection has one call in flight, its
// rows differ from call to call. Prints the calls that succeeded, and ends with 1 when one failed.
//
//   grpc_load PORT CONNECTIONS SECONDS FEATURES MODEL

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "inference/grpc_service.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRows = 500;

std::vector<inference::ModelInferRequest> Requests(int features, const std::string& model) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> uniform(0, 100);
  std::vector<inference::ModelInferRequest> requests(kRows);
  for (inference::ModelInferRequest& request : requests) {
    request.set_model_name(model);
    auto& input = *request.add_inputs();
    input.set_name("input");
    input.set_datatype("FP32");
    input.add_shape(1);
    input.add_shape(features);
    std::vector<float> row(static_cast<std::size_t>(features));
    for (float& value : row) value = uniform(random);
    request.add_raw_input_contents(row.data(), row.size() * sizeof(float));
  }
  return requests;
}

// One call after the other on one connection.
struct Caller {
  std::unique_ptr<inference::GRPCInferenceService::Stub> stub;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<inference::ModelInferResponse>> reader;
  inference::ModelInferResponse response;
  grpc::Status status;
  std::size_t next = 0;

  void Call(const std::vector<inference::ModelInferRequest>& requests,
            grpc::CompletionQueue& queue) {
    context = std::make_unique<grpc::ClientContext>();
    reader = stub->AsyncModelInfer(context.get(), requests[next], &queue);
    next = (next + 1) % requests.size();
    reader->Finish(&response, &status, this);
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int connections = std::atoi(argv[2]);
  const auto requests = Requests(std::atoi(argv[4]), argv[5]);
  grpc::CompletionQueue queue;
  std::vector<Caller> callers(static_cast<std::size_t>(connections));
  const auto end = Clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  for (std::size_t i = 0; i < callers.size(); ++i) {
    grpc::ChannelArguments own;  // channels of the same arguments would share a connection
    own.SetInt("geoclimate.connection", static_cast<int>(i));
    callers[i].stub = inference::GRPCInferenceService::NewStub(grpc::CreateCustomChannel(
        "127.0.0.1:" + std::string(argv[1]), grpc::InsecureChannelCredentials(), own));
    callers[i].next = i * 17 % requests.size();
    callers[i].Call(requests, queue);
  }
  long done = 0;
  std::size_t in_flight = callers.size();
  void* tag = nullptr;
  bool ok = false;
  while (in_flight > 0 && queue.Next(&tag, &ok)) {
    auto& caller = *static_cast<Caller*>(tag);
    if (!caller.status.ok()) {
      std::fprintf(stderr, "%s\n", caller.status.error_message().c_str());
      return 1;
    }
    ++done;
    if (Clock::now() < end) {
      caller.Call(requests, queue);
    } else {
      --in_flight;
    }
  }
  std::printf("%ld\n", done);
  return 0;
}
