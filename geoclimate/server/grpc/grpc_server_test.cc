#include "geoclimate/server/grpc/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "geoclimate/server/grpc/call_admission.h"
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
    auto started =
        GrpcServer::Start(options, authentication_, *models_, clock_, [] { return std::string(); });
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

  const access::Authentication* authentication_ = nullptr;
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

// Made from the service's own list, so that a new call cannot be forgotten.
TEST_F(GrpcServerTest, NoCallButThoseOfHealthIsAnsweredToACallerFromElsewhere) {
  const auto server = Serve({.trusted_proxies = {"127.0.0.1"}});
  const auto channel = ::grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()),
                                             ::grpc::InsecureChannelCredentials());
  const auto* const service = ::inference::ModelInferRequest::descriptor()->file()->service(0);
  ASSERT_EQ(service->full_name(), "inference.GRPCInferenceService");
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string& name = service->method(i)->name();
    ::grpc::GenericStub stub(channel);
    ::grpc::ClientContext context;
    context.AddMetadata("x-forwarded-for", "192.0.2.1");
    ::grpc::CompletionQueue queue;
    const ::grpc::Slice empty("");
    const auto call = stub.PrepareUnaryCall(&context, "/inference.GRPCInferenceService/" + name,
                                            ::grpc::ByteBuffer(&empty, 1), &queue);
    call->StartCall();
    ::grpc::ByteBuffer answer;
    ::grpc::Status status;
    void* tag = nullptr;
    bool ok = false;
    call->Finish(&answer, &status, &tag);
    ASSERT_TRUE(queue.Next(&tag, &ok));
    const bool open = name == "ServerLive" || name == "ServerReady";
    EXPECT_EQ(status.error_code(),
              open ? ::grpc::StatusCode::OK : ::grpc::StatusCode::UNAUTHENTICATED)
        << name;
  }
}

TEST_F(GrpcServerTest, ForwardingMetadataIsRefusedFromOthersThanTrustedProxies) {
  const auto server = Serve({});
  const auto stub = Connect(*server);
  ::grpc::ClientContext context;
  context.AddMetadata("x-real-ip", "127.0.0.1");
  ::inference::ModelReadyResponse response;
  EXPECT_EQ(stub->ModelReady(&context, {}, &response).error_code(),
            ::grpc::StatusCode::PERMISSION_DENIED);
}

TEST(PeerAddress, IsReadInEachForm) {
  EXPECT_EQ(PeerAddress("ipv4:192.0.2.7:4711"), "192.0.2.7");
  EXPECT_EQ(PeerAddress("ipv6:%5B2001:db8::1%5D:4711"), "2001:db8::1");
  EXPECT_EQ(PeerAddress("ipv6:[::1]:4711"), "::1");
  EXPECT_EQ(PeerAddress("unix:/tmp/x:1"), "");
  EXPECT_EQ(PeerAddress(""), "");
}

TEST_F(GrpcServerTest, ATakenPortAndAForeignHostAreRefused) {
  const auto server = Serve({});
  const auto taken = GrpcServer::Start({.port = server->port()}, nullptr, *models_, clock_,
                                       [] { return std::string(); });
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code(), base::ErrorCode::kUnavailable);
  for (const char* const host : {"0.0.0.0", "::", "192.0.2.1"}) {
    EXPECT_EQ(GrpcServerOptions{.host = host}.Validate().error().code(),
              base::ErrorCode::kFailedPrecondition)
        << host;
  }
  EXPECT_EQ(GrpcServerOptions{.host = "localhost"}.Validate().error().code(),
            base::ErrorCode::kInvalidArgument);
  EXPECT_TRUE(GrpcServerOptions{.host = "::1"}.Validate().ok());
  GrpcServerOptions reachable{.host = "0.0.0.0", .keyless = access::Keyless::kNever};
  EXPECT_TRUE(reachable.Validate().ok());
  reachable.trusted_proxies = {"proxy"};
  EXPECT_EQ(reachable.Validate().error().code(), base::ErrorCode::kInvalidArgument);
  EXPECT_FALSE(GrpcServerOptions{.max_message_bytes = 1}.Validate().ok());
}

}  // namespace
}  // namespace geoclimate::server::grpc
