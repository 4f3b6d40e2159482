#include "geoclimate/server/grpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

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
