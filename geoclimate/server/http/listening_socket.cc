#include "geoclimate/server/http/listening_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace geoclimate::server::http {
namespace {

constexpr int kBacklog = 4096;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address MakeAddress(const ListenerOptions& options) {
  Address address;
  in_addr v4{};
  if (::inet_pton(AF_INET, options.host.c_str(), &v4) == 1) {
    auto* v4_address = reinterpret_cast<sockaddr_in*>(&address.storage);
    v4_address->sin_family = AF_INET;
    v4_address->sin_port = htons(options.port);
    v4_address->sin_addr = v4;
    address.length = sizeof(sockaddr_in);
  } else {
    auto* v6_address = reinterpret_cast<sockaddr_in6*>(&address.storage);
    v6_address->sin6_family = AF_INET6;
    v6_address->sin6_port = htons(options.port);
    ::inet_pton(AF_INET6, options.host.c_str(), &v6_address->sin6_addr);
    address.length = sizeof(sockaddr_in6);
  }
  return address;
}

std::string NumericAddress(const sockaddr_storage& storage) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &address->sin_addr, text.data(), text.size());
  } else if (storage.ss_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(&storage);
    ::inet_ntop(AF_INET6, &address->sin6_addr, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

base::Result<base::Descriptor> Listen(const ListenerOptions& options) {
  const std::string name = options.host + " port " + std::to_string(options.port);
  Address address = MakeAddress(options);
  base::Descriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return base::FromErrno(errno, "socket for " + name);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (::bind(socket.get(), address.get(), address.length) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    if (errno == EADDRINUSE) {
      return base::Unavailable(name +
                               " is taken by another program: stop it or choose another port");
    }
    return base::FromErrno(errno, "bind " + name);
  }
  return socket;
}

std::uint16_t BoundPort(const base::Descriptor& socket) {
  Address address;
  address.length = sizeof address.storage;
  if (::getsockname(socket.get(), address.get(), &address.length) != 0) return 0;
  // Both families have the port in the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
}

void RefuseHandshakes(const base::Descriptor& listening) {
  // A program of one instruction: of each packet that comes keep 0 bytes.
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program = {.len = 1, .filter = &drop};
  ::setsockopt(listening.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

std::optional<Accepted> Accept(const base::Descriptor& listening, AcceptFailure& failure) {
  for (;;) {
    Address address;
    address.length = sizeof address.storage;
    base::Descriptor socket(
        ::accept4(listening.get(), address.get(), &address.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.is_open()) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      failure = AcceptFailure::kNone;
      return Accepted{std::move(socket), NumericAddress(address.storage)};
    }
    switch (errno) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM:
        failure = AcceptFailure::kNoDescriptors;
        return std::nullopt;
      case EAGAIN:
        failure = AcceptFailure::kNobodyWaits;
        return std::nullopt;
      default:
        // The connection was gone before it was accepted: the next one.
        if (errno == EBADF || errno == EINVAL || errno == ENOTSOCK) {
          failure = AcceptFailure::kNobodyWaits;
          return std::nullopt;
        }
    }
  }
}

}  // namespace geoclimate::server::http
