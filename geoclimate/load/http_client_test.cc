#include "geoclimate/load/http_client.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace geoclimate::load {
namespace {

// Accepts one connection, reads what comes, sends `answer` in pieces and closes.
class OneAnswer {
 public:
  OneAnswer(std::string answer, std::size_t piece)
      : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto local = ServerAddress("localhost", 0);
    EXPECT_TRUE(local.ok());
    address_ = *local;
    socklen_t size = sizeof address_;
    auto* const address = reinterpret_cast<sockaddr*>(&address_);
    EXPECT_EQ(::bind(listening_.get(), address, size), 0);
    EXPECT_EQ(::listen(listening_.get(), 1), 0);
    EXPECT_EQ(::getsockname(listening_.get(), address, &size), 0);
    thread_ = std::thread([this, answer = std::move(answer), piece] { Serve(answer, piece); });
  }
  ~OneAnswer() { thread_.join(); }

  const sockaddr_in& address() const { return address_; }

 private:
  void Serve(std::string_view answer, std::size_t piece) const {
    const base::Descriptor socket(::accept(listening_.get(), nullptr, nullptr));
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::array<char, 4096> request;
    EXPECT_GT(::recv(socket.get(), request.data(), request.size(), 0), 0);
    while (!answer.empty()) {
      const std::size_t count = std::min(piece, answer.size());
      if (::send(socket.get(), answer.data(), count, MSG_NOSIGNAL) < 0) return;
      answer.remove_prefix(count);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  base::Descriptor listening_;
  sockaddr_in address_{};
  std::thread thread_;
};

base::Result<FetchedAnswer> FetchFrom(std::string answer, std::size_t piece) {
  const OneAnswer server(std::move(answer), piece);
  return Fetch(server.address(), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
               std::chrono::seconds(20));
}

TEST(HttpClient, AnAnswerMayArriveInPieces) {
  const std::pair<std::string, std::string> answers[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab0\r\n", "ab0\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\n0\r\n\r\n0\r\n\r\n",
       "ab0\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end"}};
  for (const auto& [text, body] : answers) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, text.size()}) {
      const auto answer = FetchFrom(text, piece);
      ASSERT_TRUE(answer.ok()) << text;
      EXPECT_EQ(answer->status, 200);
      EXPECT_EQ(answer->body, body);
    }
  }
}

TEST(HttpClient, WhatIsNoAnswerIsUnavailable) {
  for (const char* text : {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}) {
    const auto answer = FetchFrom(text, 100);
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.error().code(), base::ErrorCode::kUnavailable);
  }
}

TEST(ServerAddress, TakesNumbersAndLocalhost) {
  EXPECT_TRUE(ServerAddress("127.0.0.1", 80).ok());
  EXPECT_TRUE(ServerAddress("localhost", 80).ok());
  EXPECT_EQ(ServerAddress("example.org", 80).error().code(), base::ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace geoclimate::load
