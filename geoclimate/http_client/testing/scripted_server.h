#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "geoclimate/base/descriptor.h"

// A server for tests of how a client takes what a server may do.
namespace geoclimate::http_client::testing {

// The server's end of one connection.
class Connection {
 public:
  explicit Connection(base::Descriptor socket) : socket_(std::move(socket)) {}

  // The next request, header and body (of a Content-Length, or chunked and then as it was sent);
  // empty when the client closed.
  std::string ReadRequest() {
    std::string request;
    std::size_t end = std::string::npos;
    while ((end = request.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore(request)) return {};
    }
    const std::size_t header = end + 4;
    if (request.find("Transfer-Encoding: chunked") < header) {
      while (!request.ends_with("\r\n0\r\n\r\n")) {
        if (!ReadMore(request)) return {};
      }
    }
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = request.find(kLength);
    std::size_t length = 0;
    if (at < header) {
      std::from_chars(request.data() + at + kLength.size(), request.data() + header, length);
    }
    while (request.size() < header + length) {
      if (!ReadMore(request)) return {};
    }
    return request;
  }
  void Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void Answer(int status, std::string_view body, std::string_view fields = "") {
    Write(fmt::format("HTTP/1.1 {} Some Reason\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                      body.size(), body));
  }
  // Ends the connection with a reset.
  void Reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.Close();
  }
  // Says nothing until the client gives up.
  void WaitForClose() {
    std::string ignored;
    while (ReadMore(ignored)) {
    }
  }

 private:
  bool ReadMore(std::string& into) {
    std::array<char, 4096> piece;
    const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count <= 0) return false;
    into.append(piece.data(), static_cast<std::size_t>(count));
    return true;
  }

  base::Descriptor socket_;
};

// Runs `serve` for each connection, on a thread of its own, at a free port of 127.0.0.1. Its
// destructor waits for them: clients that keep connections must end before.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(Connection&)> serve)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    socklen_t size = sizeof address_;
    bound_ = ::bind(listening_.get(), address, size) == 0 && ::listen(listening_.get(), 64) == 0 &&
             ::getsockname(listening_.get(), address, &size) == 0;
    thread_ = std::thread([this] { Run(); });
  }
  ~ScriptedServer() {
    ending_ = true;
    ::shutdown(listening_.get(), SHUT_RDWR);
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  bool is_bound() const { return bound_; }
  std::uint16_t port() const { return ntohs(address_.sin_port); }
  std::string Url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", port(), path);
  }
  int connections() const { return connections_; }

 private:
  void Run() {
    std::vector<std::jthread> serving;
    while (!ending_) {
      base::Descriptor socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.is_open()) continue;
      ++connections_;
      serving.emplace_back([this, held = std::move(socket)]() mutable {
        Connection connection(std::move(held));
        serve_(connection);
      });
    }
  }

  base::Descriptor listening_;
  sockaddr_in address_{};
  bool bound_ = false;
  std::function<void(Connection&)> serve_;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace geoclimate::http_client::testing
