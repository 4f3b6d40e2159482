// Asks a KServe v2 gRPC server for single rows in a closed loop and prints what came back:
//   grpc_load PORT MODEL ROWS IN_FLIGHT SECONDS
// ROWS is a file of float32 rows, FEATURES (24) values each, sent in turn as raw contents. Prints
// one line of JSON: requests, requests_per_second, p50_ms, p99_ms, first (the answer to the first
// row).
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "open_inference.grpc.pb.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kRowBytes = 24 * sizeof(float);

std::vector<inference::ModelInferRequest> RequestsOf(const std::string& model,
                                                     const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string rows{std::istreambuf_iterator<char>(file), {}};
  std::vector<inference::ModelInferRequest> requests(rows.size() / kRowBytes);
  for (std::size_t row = 0; row < requests.size(); ++row) {
    requests[row].set_model_name(model);
    auto* const input = requests[row].add_inputs();
    input->set_name("input");
    input->set_datatype("FP32");
    input->add_shape(1);
    input->add_shape(kRowBytes / sizeof(float));
    requests[row].add_raw_input_contents(rows.substr(row * kRowBytes, kRowBytes));
  }
  return requests;
}

// One request in flight at a time, the next as soon as the last is answered. Its own channel, so
// that each caller is a connection, as each of wrk's is.
class Caller {
 public:
  Caller(const std::string& target, const std::vector<inference::ModelInferRequest>& requests,
         std::size_t first, Clock::time_point end, std::latch& done)
      : stub_(inference::GRPCInferenceService::NewStub(Channel(target, first))),
        requests_(requests),
        next_(first),
        end_(end),
        done_(done) {}

  void Ask() {
    context_ = std::make_unique<grpc::ClientContext>();
    began_ = Clock::now();
    stub_->async()->ModelInfer(context_.get(), &requests_[next_ % requests_.size()], &response_,
                               [this](const grpc::Status& status) { Answered(status); });
  }

  const std::vector<double>& milliseconds() const { return milliseconds_; }
  const grpc::Status& failure() const { return failure_; }
  float first() const { return first_; }

 private:
  static std::shared_ptr<grpc::Channel> Channel(const std::string& target, std::size_t number) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt("caller", static_cast<int>(number));
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  }

  void Answered(const grpc::Status& status) {
    const Clock::time_point now = Clock::now();
    if (!status.ok()) {
      failure_ = status;
      done_.count_down();
      return;
    }
    if (milliseconds_.empty() && response_.raw_output_contents_size() > 0 &&
        response_.raw_output_contents(0).size() >= sizeof(first_)) {
      std::memcpy(&first_, response_.raw_output_contents(0).data(), sizeof(first_));
    }
    milliseconds_.push_back(std::chrono::duration<double, std::milli>(now - began_).count());
    ++next_;
    if (now < end_) {
      Ask();
    } else {
      done_.count_down();
    }
  }

  std::unique_ptr<inference::GRPCInferenceService::Stub> stub_;
  const std::vector<inference::ModelInferRequest>& requests_;
  std::size_t next_;
  Clock::time_point end_;
  std::latch& done_;
  std::unique_ptr<grpc::ClientContext> context_;
  inference::ModelInferResponse response_;
  Clock::time_point began_;
  std::vector<double> milliseconds_;
  grpc::Status failure_;
  float first_ = 0;
};

int Print(const std::vector<std::unique_ptr<Caller>>& callers, double seconds) {
  std::vector<double> milliseconds;
  for (const auto& caller : callers) {
    if (!caller->failure().ok()) {
      std::fprintf(stderr, "%s\n", caller->failure().error_message().c_str());
      return 1;
    }
    milliseconds.insert(milliseconds.end(), caller->milliseconds().begin(),
                        caller->milliseconds().end());
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const std::size_t count = milliseconds.size();
  if (count == 0) return 1;
  std::printf(
      "{\"requests\": %zu, \"requests_per_second\": %.1f, \"p50_ms\": %.4f, \"p99_ms\": %.4f, "
      "\"first\": %.9g}\n",
      count, static_cast<double>(count) / seconds, milliseconds[count / 2],
      milliseconds[count * 99 / 100], callers.front()->first());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: grpc_load PORT MODEL ROWS IN_FLIGHT SECONDS\n", stderr);
    return 2;
  }
  const auto requests = RequestsOf(argv[2], argv[3]);
  const std::size_t in_flight = std::strtoul(argv[4], nullptr, 10);
  if (requests.empty() || in_flight == 0) return 2;
  std::latch done(static_cast<std::ptrdiff_t>(in_flight));
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::seconds(std::atoi(argv[5]));
  std::vector<std::unique_ptr<Caller>> callers;
  for (std::size_t caller = 0; caller < in_flight; ++caller) {
    callers.push_back(
        std::make_unique<Caller>(std::string("127.0.0.1:") + argv[1], requests, caller, end, done));
  }
  for (const auto& caller : callers) caller->Ask();
  done.wait();
  return Print(callers, std::chrono::duration<double>(Clock::now() - begin).count());
}
