#include "geoclimate/server/grpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/service/testing/platform.h"
#include "inference/grpc_service.grpc.pb.h"

namespace geoclimate::server::grpc {
namespace {

using Stub = ::inference::GRPCInferenceService::Stub;

class GrpcServerTest : public testing::Test {
 protected:
  GrpcServerTest() {
    platform_.PromoteForecaster(airquality::Pollutant::kPm25, 1);
    models_ = *service::Models::Start(platform_.registry.get(), {},
                                      {.watch_interval = std::chrono::hours(1)}, platform_.metrics,
                                      platform_.clock);
  }
  std::unique_ptr<GrpcServer> Serve(GrpcServerOptions options) {
    options.port = 0;
    auto started = GrpcServer::Start(options, *models_, clock_, [] { return std::string(); });
    EXPECT_TRUE(started.ok());
    return *std::move(started);
  }
  static std::unique_ptr<Stub> Connect(const GrpcServer& server) {
    return ::inference::GRPCInferenceService::NewStub(::grpc::CreateChannel(
        "127.0.0.1:" + std::to_string(server.port()), ::grpc::InsecureChannelCredentials()));
  }
  static ::grpc::Status Ask(Stub& stub) {
    ::grpc::ClientContext context;
    ::inference::ModelReadyRequest request;
    request.set_name("pm25_d1");
    ::inference::ModelReadyResponse response;
    const ::grpc::Status status = stub.ModelReady(&context, request, &response);
    EXPECT_EQ(response.ready(), status.ok());
    return status;
  }

  service::TestPlatform platform_;
  const base::SystemClock clock_;
  std::unique_ptr<service::Models> models_;
};

TEST_F(GrpcServerTest, AnswersUntilItIsStopped) {
  const auto server = Serve({});
  const auto stub = Connect(*server);
  EXPECT_TRUE(Ask(*stub).ok());
  server->Stop();
  server->Wait();
  EXPECT_EQ(Ask(*stub).error_code(), ::grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServerTest, ADrainAnswersUntilItsTimeHasPassed) {
  const auto server = Serve({.drain_time = std::chrono::hours(1)});
  const auto stub = Connect(*server);
  server->BeginDrain();
  server->BeginDrain();
  EXPECT_TRUE(Ask(*stub).ok());
  server->Stop();
  server->Wait();
}

// The library was told to shut down while connections were in use, and cancelled the calls that
// came over them in that moment.
TEST_F(GrpcServerTest, ADrainCancelsNoCall) {
  constexpr int kCallers = 8;
  const auto server = Serve(
      {.connection_age = std::chrono::milliseconds(100), .drain_time = std::chrono::seconds(0)});
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection each
  std::array<std::atomic<int>, kCallers> answered{};
  std::array<::grpc::Status, kCallers> last;
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      const auto stub = ::inference::GRPCInferenceService::NewStub(
          ::grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server->port()),
                                      ::grpc::InsecureChannelCredentials(), arguments));
      while ((last[i] = Ask(*stub)).ok()) ++answered[i];
    });
  }
  for (const auto& count : answered) {
    while (count < 20) std::this_thread::yield();
  }
  server->BeginDrain();
  server->Wait();
  for (std::thread& caller : callers) caller.join();
  for (const ::grpc::Status& status : last) {
    // The first that could not be sent at all.
    EXPECT_EQ(status.error_code(), ::grpc::StatusCode::UNAVAILABLE) << status.error_message();
    EXPECT_THAT(status.error_message(), testing::HasSubstr("connect")) << status.error_message();
  }
}

TEST_F(GrpcServerTest, AnOpenStreamDoesNotHoldUpAStop) {
  const auto server = Serve({});
  const auto stub = Connect(*server);
  ::grpc::ClientContext context;
  const auto stream = stub->ModelStreamInfer(&context);
  ::inference::ModelInferRequest request;
  request.set_model_name("nothing");
  request.set_id("9");
  ASSERT_TRUE(stream->Write(request));
  ::inference::ModelStreamInferResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.infer_response().id(), "9");
  EXPECT_THAT(response.error_message(), testing::HasSubstr("nothing"));
  server->Stop();
  server->Wait();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST_F(GrpcServerTest, ATakenPortAndAForeignHostAreRefused) {
  const auto server = Serve({});
  const auto taken =
      GrpcServer::Start({.port = server->port()}, *models_, clock_, [] { return std::string(); });
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code(), base::ErrorCode::kUnavailable);
  for (const char* const host : {"0.0.0.0", "::", "192.0.2.1", "localhost"}) {
    EXPECT_EQ(GrpcServerOptions{.host = host}.Validate().error().code(),
              base::ErrorCode::kFailedPrecondition)
        << host;
  }
  EXPECT_TRUE(GrpcServerOptions{.host = "::1"}.Validate().ok());
  EXPECT_FALSE(GrpcServerOptions{.max_message_bytes = 1}.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::server::grpc
