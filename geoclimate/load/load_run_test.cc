// Runs against real servers: tests/e2e/bench_test.py.
#include "geoclimate/load/load_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <stop_token>
#include <string>
#include <thread>

#include "geoclimate/load/http_client.h"

namespace geoclimate::load {
namespace {

using std::chrono::milliseconds;

LoadOptions Options() {
  LoadOptions options;
  options.server = *ServerAddress("localhost", 80);
  options.requests = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"};
  return options;
}

TEST(LoadOptions, ValuesOutOfRangeAreNamed) {
  EXPECT_TRUE(Options().Validate().ok());
  const auto message = [](auto change) {
    LoadOptions options = Options();
    change(options);
    const auto valid = options.Validate();
    return valid.ok() ? std::string() : valid.error().message();
  };
  using testing::HasSubstr;
  EXPECT_THAT(message([](auto& o) { o.requests.clear(); }), HasSubstr("no request"));
  EXPECT_THAT(message([](auto& o) { o.connections = 0; }), HasSubstr("0 connections"));
  EXPECT_THAT(message([](auto& o) { o.rate = 0; }), HasSubstr("a rate of 0"));
  EXPECT_THAT(message([](auto& o) { o.duration = milliseconds(0); }), HasSubstr("duration"));
  EXPECT_THAT(message([](auto& o) { o.warm_up = milliseconds(-1); }), HasSubstr("warm-up"));
}

TEST(RunLoad, AServerThatIsNotThereIsToldAtOnce) {
  // A port that is bound and does not listen.
  const base::Descriptor taken(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  LoadOptions options = Options();
  options.server.sin_port = 0;
  socklen_t size = sizeof options.server;
  auto* const address = reinterpret_cast<sockaddr*>(&options.server);
  ASSERT_EQ(::bind(taken.get(), address, size), 0);
  ASSERT_EQ(::getsockname(taken.get(), address, &size), 0);
  const auto report = RunLoad(options);
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code(), base::ErrorCode::kUnavailable);
}

// Answers "a" to /a, closes the connection on /b; one connection after the other.
class TwoPages {
 public:
  TwoPages() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_ = Options().server;
    address_.sin_port = 0;
    socklen_t size = sizeof address_;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(listener_.get(), address, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    EXPECT_EQ(::getsockname(listener_.get(), address, &size), 0);
    thread_ = std::thread([this] {
      while (Serve()) {
      }
    });
  }
  ~TwoPages() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  const sockaddr_in& address() const { return address_; }

 private:
  bool Serve() const {
    const base::Descriptor connection(::accept(listener_.get(), nullptr, nullptr));
    if (!connection.is_open()) return false;
    std::array<char, 1024> bytes;
    while (::recv(connection.get(), bytes.data(), bytes.size(), 0) > 0) {
      if (bytes[5] != 'a') return true;
      const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
      if (::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return true;
    }
    return true;
  }

  base::Descriptor listener_;
  sockaddr_in address_{};
  std::thread thread_;
};

TEST(RunLoad, EachExchangeIsShownWithItsRequestUntilTheLoadIsStopped) {
  const TwoPages server;
  LoadOptions options = Options();
  options.server = server.address();
  options.requests = {"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n"};
  options.connections = 1;
  options.warm_up = milliseconds(0);
  options.duration = std::chrono::hours(1);
  std::stop_source stop;
  options.stop = stop.get_token();
  std::map<std::size_t, int> seen;
  options.on_exchange = [&](const Exchange& exchange) {
    ++seen[exchange.request];
    EXPECT_EQ(exchange.status, exchange.request == 0 ? 200 : 0);
    EXPECT_EQ(exchange.body, exchange.request == 0 ? "a" : "");
    EXPECT_LE(exchange.due, exchange.ended);
    if (seen[0] >= 5 && seen[1] >= 5) stop.request_stop();
  };
  const auto report = RunLoad(options);
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_GE(seen[0], 5);
  EXPECT_GE(seen[1], 5);
  EXPECT_LT(report->seconds, 3600);
}

}  // namespace
}  // namespace geoclimate::load
