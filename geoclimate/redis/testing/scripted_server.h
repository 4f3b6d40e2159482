#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "geoclimate/base/check.h"
#include "geoclimate/base/descriptor.h"
#include "geoclimate/redis/endpoint.h"

namespace geoclimate::redis::testing {

// A server on a free loopback port that answers PING as Redis does and everything else with bytes
// of the test's choosing, one connection at a time. Runs on a thread of its own until destroyed.
class ScriptedServer {
 public:
  // `answer` gets what a client sent and gives what is sent back; empty: nothing is.
  explicit ScriptedServer(std::function<std::string(std::string_view)> answer)
      : answer_(std::move(answer)) {
    listener_ = base::Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    GC_CHECK(::bind(listener_.get(), plain, size) == 0 && ::listen(listener_.get(), 64) == 0 &&
                 ::getsockname(listener_.get(), plain, &size) == 0,
             "a free loopback port");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    thread_.join();
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  Endpoint endpoint() const {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = port_;
    return endpoint;
  }
  int connections() const { return connections_; }

 private:
  // False when it is time to end.
  bool AwaitReadable(int descriptor) const {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    constexpr int kLookMs = 10;
    while (!stopping_) {
      if (::poll(&one, 1, kLookMs) > 0) return true;
    }
    return false;
  }

  void Serve() {
    while (AwaitReadable(listener_.get())) {
      const base::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ++connections_;
      std::array<char, 65536> space;
      while (AwaitReadable(client.get())) {
        const ssize_t got = ::recv(client.get(), space.data(), space.size(), 0);
        if (got <= 0) break;
        const std::string_view asked(space.data(), static_cast<std::size_t>(got));
        const std::string answer = asked.find("PING") != asked.npos ? "+PONG\r\n" : answer_(asked);
        if (answer == kHangUp) break;
        ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }

 public:
  // As an answer: closes the connection.
  static constexpr std::string_view kHangUp = "hang up";

 private:
  std::function<std::string(std::string_view)> answer_;
  base::Descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace geoclimate::redis::testing
