#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/redis/stream.h"

namespace geoclimate::redis {
namespace {

base::Error Lost(std::string_view what, int error_number) {
  return base::Unavailable(
      fmt::format("{}: {}", what, std::generic_category().message(error_number)));
}

base::Error TooLate(std::string_view what) {
  return {base::ErrorCode::kDeadlineExceeded, fmt::format("{} took too long", what)};
}

class SocketStream final : public Stream {
 public:
  SocketStream(base::Descriptor socket, const base::Clock& clock)
      : socket_(std::move(socket)), clock_(clock) {}

  base::Result<void> Write(std::string_view bytes, base::Deadline deadline) override {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Lost("sending to Redis", errno);
      GC_RETURN_IF_ERROR(Wait(POLLOUT, "sending to Redis", deadline));
    }
    return {};
  }

  base::Result<std::size_t> Read(std::span<char> space, base::Deadline deadline) override {
    while (true) {
      const ssize_t got = ::recv(socket_.get(), space.data(), space.size(), 0);
      if (got > 0) return static_cast<std::size_t>(got);
      if (got == 0) return base::Unavailable("Redis closed the connection");
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Lost("the answer of Redis", errno);
      GC_RETURN_IF_ERROR(Wait(POLLIN, "the answer of Redis", deadline));
    }
  }

  bool Quiet() const override {
    pollfd one{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 0;
  }

  // Until the socket is ready or broken, which the call after it tells.
  base::Result<void> Wait(short events, std::string_view what, base::Deadline deadline) const {
    using std::chrono::nanoseconds;
    while (true) {
      // Not more than a day, which a timespec holds whatever the deadline is.
      const nanoseconds left =
          std::min(deadline.Remaining(clock_), nanoseconds(std::chrono::hours(24)));
      if (left <= nanoseconds::zero()) return TooLate(what);
      const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
      const timespec wait = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
      pollfd one{.fd = socket_.get(), .events = events, .revents = 0};
      const int ready = ::ppoll(&one, 1, &wait, nullptr);
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return Lost(what, errno);
    }
  }

  int descriptor() const { return socket_.get(); }

 private:
  base::Descriptor socket_;
  const base::Clock& clock_;
};

base::Result<std::unique_ptr<Stream>> ConnectTo(const sockaddr& address, socklen_t size,
                                                const base::Clock& clock, base::Deadline deadline) {
  base::Descriptor socket(
      ::socket(address.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return Lost("a socket", errno);
  if (address.sa_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // A peer that is gone without a word is noticed on an idle connection too.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  }
  const int connected = ::connect(socket.get(), &address, size);
  const int failure = connected == 0 ? 0 : errno;
  // A Unix socket with a full backlog says EAGAIN, and never gets ready.
  if (failure != 0 && failure != EINPROGRESS && failure != EINTR) {
    return Lost("connecting to Redis", failure);
  }
  auto stream = std::make_unique<SocketStream>(std::move(socket), clock);
  if (failure != 0) {
    GC_RETURN_IF_ERROR(stream->Wait(POLLOUT, "connecting to Redis", deadline));
    int error = 0;
    socklen_t length = sizeof(error);
    ::getsockopt(stream->descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return Lost("connecting to Redis", error);
  }
  return std::unique_ptr<Stream>(std::move(stream));
}

base::Result<std::unique_ptr<Stream>> ConnectUnix(const std::string& path, const base::Clock& clock,
                                                  base::Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return base::InvalidArgument("the path of Redis' socket is too long");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return ConnectTo(reinterpret_cast<const sockaddr&>(address), sizeof(address), clock, deadline);
}

}  // namespace

base::Result<std::unique_ptr<Stream>> ConnectSocket(const Endpoint& endpoint,
                                                    const base::Clock& clock,
                                                    base::Deadline deadline) {
  if (endpoint.transport == Endpoint::Transport::kUnix) {
    return ConnectUnix(endpoint.socket_path, clock, deadline);
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = fmt::format("{}", endpoint.port);
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &found);
      error != 0) {
    return base::Unavailable(fmt::format("the host of Redis: {}", ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  base::Result<std::unique_ptr<Stream>> stream = base::Unavailable("the host has no address");
  for (const addrinfo* one = addresses.get(); one != nullptr; one = one->ai_next) {
    stream = ConnectTo(*one->ai_addr, one->ai_addrlen, clock, deadline);
    if (stream.ok() || stream.error().code() == base::ErrorCode::kDeadlineExceeded) break;
  }
  return stream;
}

base::Result<std::unique_ptr<Stream>> Connect(const Endpoint& endpoint, const base::Clock& clock,
                                              base::Deadline deadline) {
  GC_ASSIGN_OR_RETURN(std::unique_ptr<Stream> stream, ConnectSocket(endpoint, clock, deadline));
  if (endpoint.transport != Endpoint::Transport::kTls) return stream;
  return StartTls(std::move(stream), endpoint, deadline);
}

}  // namespace geoclimate::redis
