#include "geoclimate/server/grpc/acceptor.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace geoclimate::server::grpc {
namespace {

constexpr int kBacklog = 4096;
// Without a descriptor for the next connection.
constexpr int kPauseMilliseconds = 100;

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address MakeAddress(const std::string& host, std::uint16_t port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    return address;
  }
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  ::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr);
  address.length = sizeof(sockaddr_in6);
  return address;
}

// As the same function of server/http: who is connected already can still be accepted.
void RefuseHandshakes(const base::Descriptor& listening) {
  sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program = {.len = 1, .filter = &drop};
  ::setsockopt(listening.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

ino_t InodeOf(int socket) {
  struct stat status{};
  return ::fstat(socket, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

}  // namespace

base::Result<std::unique_ptr<Acceptor>> Acceptor::Listen(const std::string& host,
                                                         std::uint16_t port) {
  Address address = MakeAddress(host, port);
  base::Descriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  base::Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!socket.is_open() || !wake.is_open()) return base::FromErrno(errno, "gRPC socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // What is accepted inherits it.
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::bind(socket.get(), address.get(), address.length) != 0 ||
      ::listen(socket.get(), kBacklog) != 0 ||
      ::getsockname(socket.get(), address.get(), &address.length) != 0) {
    if (errno == EADDRINUSE) {
      return base::Unavailable(
          fmt::format("gRPC cannot listen on {} port {}: is it taken?", host, port));
    }
    return base::FromErrno(errno, fmt::format("gRPC on {} port {}", host, port));
  }
  // Both families have the port in the same place.
  const std::uint16_t bound =
      ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port);
  return std::unique_ptr<Acceptor>(new Acceptor(std::move(socket), std::move(wake), bound));
}

Acceptor::Acceptor(base::Descriptor listening, base::Descriptor wake, std::uint16_t port)
    : port_(port), listening_(std::move(listening)), wake_(std::move(wake)) {}

Acceptor::~Acceptor() {
  Close();
}

void Acceptor::Start(Take take) {
  take_ = std::move(take);
  const base::MutexLock lock(close_mutex_);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Run() {
  std::array<pollfd, 2> waits = {pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = listening_.get(), .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents != 0) break;
    AcceptAll();
  }
  RefuseHandshakes(listening_);
  AcceptAll();
}

void Acceptor::AcceptAll() {
  while (true) {
    const int socket = ::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      {
        const base::MutexLock lock(mutex_);
        taken_.push_back({socket, InodeOf(socket)});
        if (taken_.size() > 2 * looked_at_ + 64) ForgetClosed();
      }
      take_(socket);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      pollfd wait{.fd = wake_.get(), .events = POLLIN, .revents = 0};
      ::poll(&wait, 1, kPauseMilliseconds);
      return;
    }
    if (errno == EAGAIN || errno == EBADF || errno == EINVAL) return;
    // The connection was gone before it was accepted: the next one.
  }
}

void Acceptor::Close() {
  const base::MutexLock lock(close_mutex_);
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the thread is woken already.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
  listening_.Close();
}

void Acceptor::ForgetClosed() {
  std::erase_if(taken_, [](const Taken& taken) { return InodeOf(taken.number) != taken.inode; });
  looked_at_ = taken_.size();
}

std::size_t Acceptor::open_connections() {
  const base::MutexLock lock(mutex_);
  ForgetClosed();
  return taken_.size();
}

}  // namespace geoclimate::server::grpc
