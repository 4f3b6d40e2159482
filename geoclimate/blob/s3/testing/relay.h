#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/blob/s3/testing/s3_server.h"

namespace geoclimate::blob::testing {

// What becomes of a connection through the relay.
enum class Fault : std::uint8_t {
  kNone,
  kLoseAnswer,    // the request arrives and is carried out; the client sees a reset
  kDamageBody,    // the last byte of what the client sends at once is another one
  kDamageAnswer,  // the last byte of what the server sends at once is another one
  kRefuse,        // closed before anything is read
};

// Stands between a client and a server on loopback, a thread a connection. Clients that keep
// connections must end before it. Faults are of the next connections: a fault ends each connection
// that it meets, so that the next request makes another.
class Relay {
 public:
  explicit Relay(std::uint16_t server_port)
      : server_port_(server_port), listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = LoopbackAddress(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(listening_.get(), generic, size) == 0 &&
                       ::listen(listening_.get(), 64) == 0 &&
                       ::getsockname(listening_.get(), generic, &size) == 0;
    port_ = bound ? ntohs(address.sin_port) : 0;
    thread_ = std::thread([this] { Accept(); });
  }
  ~Relay() {
    ending_ = true;
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::string endpoint() const { return fmt::format("http://127.0.0.1:{}", port_); }

  // The next `count` exchanges whose request begins with `text` ("PUT", "" for any).
  void Break(Fault fault, int count, std::string text = "") {
    fault_ = Fault::kNone;
    text_ = std::move(text);
    left_ = count;
    fault_ = fault;
  }
  // Every `n`th exchange; 0 none.
  void BreakEvery(Fault fault, int n) {
    every_ = n;
    Break(fault, 0);
  }
  int broken() const { return broken_; }

 private:
  void Accept() {
    std::vector<std::jthread> connections;
    while (!ending_) {
      base::Descriptor client(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.is_open()) continue;
      connections.emplace_back(
          [this, held = std::move(client)]() mutable { Serve(std::move(held)); });
    }
  }

  Fault NextFault(std::string_view request) {
    if (fault_ == Fault::kNone || !request.starts_with(text_)) return Fault::kNone;
    const int every = every_;
    if (every > 0) return ++exchanges_ % every == 0 ? fault_.load() : Fault::kNone;
    return left_-- > 0 ? fault_.load() : Fault::kNone;
  }

  static bool Send(const base::Descriptor& to, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void Serve(base::Descriptor client) {
    const base::Descriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in address = LoopbackAddress(server_port_);
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      return Reset(client);
    }
    Fault fault = Fault::kNone;
    bool within_request = false;
    std::vector<char> buffer(std::size_t{256} << 10);
    std::array<pollfd, 2> ends = {pollfd{.fd = client.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = server.get(), .events = POLLIN, .revents = 0}};
    while (::poll(ends.data(), ends.size(), -1) > 0 || errno == EINTR) {
      const bool from_client = ends[0].revents != 0;
      const ssize_t count =
          ::recv(from_client ? client.get() : server.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
      if (from_client && !within_request) fault = NextFault(bytes);
      within_request = from_client;
      if (fault == Fault::kRefuse || (fault == Fault::kLoseAnswer && !from_client)) {
        ++broken_;
        return Reset(client);
      }
      const Fault damage = from_client ? Fault::kDamageBody : Fault::kDamageAnswer;
      if (fault == damage && bytes.back() != '\n') {
        ++broken_;
        buffer[bytes.size() - 1] = static_cast<char>(buffer[bytes.size() - 1] ^ 1);
        fault = Fault::kNone;
      }
      if (!Send(from_client ? server : client, bytes)) return;
    }
  }

  static void Reset(base::Descriptor& socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket.Close();
  }

  const std::uint16_t server_port_;
  base::Descriptor listening_;
  std::uint16_t port_ = 0;
  std::atomic<Fault> fault_{Fault::kNone};
  std::string text_;  // set before fault_
  std::atomic<int> left_{0};
  std::atomic<int> every_{0};
  std::atomic<int> exchanges_{0};
  std::atomic<int> broken_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace geoclimate::blob::testing
