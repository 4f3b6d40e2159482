// Runs against real servers: tests/e2e/bench_test.py.
#include "geoclimate/load/load_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>

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

}  // namespace
}  // namespace geoclimate::load
