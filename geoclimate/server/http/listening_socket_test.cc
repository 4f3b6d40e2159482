#include "geoclimate/server/http/listening_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace geoclimate::server::http {
namespace {

// A client's socket on its way to `port` of this machine; the answer, if one comes, comes later.
base::Descriptor Call(std::uint16_t port) {
  base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int connected =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  EXPECT_TRUE(connected == 0 || errno == EINPROGRESS);
  return socket;
}

bool IsConnectedWithin(const base::Descriptor& socket, int milliseconds) {
  pollfd waits{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&waits, 1, milliseconds) == 1 && (waits.revents & (POLLERR | POLLHUP)) == 0;
}

TEST(ListeningSocket, WhoHasConnectedIsAcceptedAfterHandshakesAreRefused) {
  const auto listening = Listen({});
  ASSERT_TRUE(listening.ok());
  const std::uint16_t port = BoundPort(*listening);
  const base::Descriptor before = Call(port);
  ASSERT_TRUE(IsConnectedWithin(before, 5000));

  RefuseHandshakes(*listening);
  const base::Descriptor after = Call(port);
  EXPECT_FALSE(IsConnectedWithin(after, 200));
  AcceptFailure failure{};
  EXPECT_TRUE(Accept(*listening, failure).has_value());
  EXPECT_FALSE(Accept(*listening, failure).has_value());
  EXPECT_EQ(failure, AcceptFailure::kNobodyWaits);
}

}  // namespace
}  // namespace geoclimate::server::http
