// Against a real redis-server that speaks TLS.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/redis/connection.h"
#include "geoclimate/redis/testing/certificate.h"
#include "geoclimate/redis/testing/redis_server.h"

namespace geoclimate::redis {
namespace {

using ::testing::HasSubstr;
using testing::RedisServer;

class TlsStreamTest : public ::testing::Test {
 protected:
  // The certificate names the address, not the name.
  TlsStreamTest() {
    testing::WriteCertificate("IP:127.0.0.1", folder_ + "tls_test.pem", folder_ + "tls_test.key");
    endpoint_.transport = Endpoint::Transport::kTls;
    endpoint_.host = "127.0.0.1";
    endpoint_.port = FreePort();
    endpoint_.ca_file = folder_ + "tls_test.pem";
    server_ = std::make_unique<RedisServer>(std::vector<std::string>{
        "--bind", "127.0.0.1", "--tls-port", fmt::format("{}", endpoint_.port), "--tls-cert-file",
        folder_ + "tls_test.pem", "--tls-key-file", folder_ + "tls_test.key", "--tls-auth-clients",
        "no"});
  }

  static std::uint16_t FreePort() {
    const base::Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    GC_CHECK(::bind(socket.get(), plain, size) == 0, "a free port");
    GC_CHECK(::getsockname(socket.get(), plain, &size) == 0, "its number");
    return ntohs(address.sin_port);
  }
  base::Result<std::unique_ptr<Connection>> Open(
      std::chrono::milliseconds wait = std::chrono::minutes(1)) {
    return Connection::Open(endpoint_, {}, clock_, base::Deadline::After(clock_, wait));
  }

  base::SystemClock clock_;
  const std::string folder_ = ::testing::TempDir();
  Endpoint endpoint_;
  std::unique_ptr<RedisServer> server_;
};

TEST_F(TlsStreamTest, LongCommandsAndAnswersPassAndTheConnectionStaysUsable) {
  auto connection = Open();
  ASSERT_TRUE(connection.ok()) << connection.error().ToString();
  EXPECT_TRUE((*connection)->Usable());
  const std::string value(1 << 20, 'v');
  CommandBatch batch;
  batch.Add({"SET", "long", value});
  batch.Add({"GET", "long"});
  const auto replies =
      (*connection)->Exchange(batch, base::Deadline::After(clock_, std::chrono::minutes(1)));
  ASSERT_TRUE(replies.ok()) << replies.error().ToString();
  EXPECT_EQ((*replies)[1].text, value);
  EXPECT_TRUE((*connection)->Usable());
}

TEST_F(TlsStreamTest, AConnectionThatTheServerClosedIsNotUsable) {
  auto connection = Open();
  ASSERT_TRUE(connection.ok());
  server_->Stop();
  EXPECT_FALSE((*connection)->Usable());
}

TEST_F(TlsStreamTest, ACertificateOfUnknownOriginIsRefused) {
  endpoint_.ca_file.clear();
  const auto connection = Open();
  ASSERT_FALSE(connection.ok());
  EXPECT_THAT(connection.error().ToString(), HasSubstr("certificate"));
}

TEST_F(TlsStreamTest, ACertificateOfAnotherNameIsRefused) {
  endpoint_.host = "localhost";
  const auto connection = Open();
  ASSERT_FALSE(connection.ok());
  EXPECT_THAT(connection.error().ToString(), HasSubstr("certificate"));
}

TEST_F(TlsStreamTest, AServerWithoutTlsIsRefused) {
  server_.reset();
  server_ = std::make_unique<RedisServer>(
      std::vector<std::string>{"--bind", "127.0.0.1", "--port", fmt::format("{}", endpoint_.port)});
  // It waits for the end of what it takes for a command.
  EXPECT_FALSE(Open(std::chrono::milliseconds(100)).ok());
}

}  // namespace
}  // namespace geoclimate::redis
