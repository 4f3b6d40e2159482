#include "geoclimate/load/http_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "geoclimate/base/check.h"

namespace geoclimate::load {
namespace {

namespace beast = boost::beast;

constexpr std::size_t kReadBytes = 64 << 10;
constexpr std::uint64_t kMostBodyBytes = std::uint64_t{64} << 20;

}  // namespace

base::Result<sockaddr_in> ServerAddress(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  const std::string& number = host == "localhost" ? "127.0.0.1" : host;
  if (::inet_pton(AF_INET, number.c_str(), &address.sin_addr) == 1) return address;
  return base::InvalidArgument(
      fmt::format("'{}' is not an IPv4 address like 127.0.0.1, nor localhost", host));
}

struct HttpClient::Answer {
  using Parser = beast::http::response_parser<beast::http::string_body>;

  void Begin() {
    parser.emplace();
    parser->body_limit(kMostBodyBytes);
    started = false;
  }

  std::optional<Parser> parser;
  bool started = false;
  std::array<char, kReadBytes> bytes;
  std::string rest;  // what came and could not be parsed before more comes
};

HttpClient::HttpClient(const sockaddr_in& server)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      answer_(std::make_unique<Answer>()) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int connected =
      ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server);
  if (connected != 0 && errno != EINPROGRESS) state_ = State::kEnded;
}

HttpClient::~HttpClient() = default;

void HttpClient::Send(std::string_view request) {
  GC_CHECK(state_ == State::kIdle, "one request at a time");
  unsent_ = request;
  state_ = State::kWaiting;
  answer_->Begin();
}

bool HttpClient::Continue() {
  if (state_ == State::kEnded) return false;
  while (!unsent_.empty()) {
    const ssize_t count = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    // Also while it is still connecting.
    if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) break;
    if (count < 0) {
      state_ = State::kEnded;
      return false;
    }
    unsent_.remove_prefix(static_cast<std::size_t>(count));
  }
  return Read();
}

bool HttpClient::Read() {
  while (true) {
    const ssize_t count = ::recv(socket_.get(), answer_->bytes.data(), answer_->bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == ENOTCONN)) return false;
    if (count <= 0 || state_ != State::kWaiting) {
      // The end of the connection, which may be that of a body without a length; or what nobody
      // asked for.
      const bool asked = state_ == State::kWaiting && answer_->started;
      state_ = State::kEnded;
      if (count != 0 || !asked) return false;
      beast::error_code error;
      answer_->parser->put_eof(error);
      if (error || !answer_->parser->is_done()) return false;
      TakeAnswer();
      state_ = State::kEnded;
      return true;
    }
    answer_->started = true;
    answer_->rest.append(answer_->bytes.data(), static_cast<std::size_t>(count));
    while (!answer_->rest.empty() && !answer_->parser->is_done()) {
      if (answer_->parser->is_header_done()) {
        answer_->parser->eager(true);
        // Shown the line of the last chunk alone and then one byte more, Beast asserts that there
        // are two.
        if (answer_->parser->chunked() && answer_->rest == "0\r\n") break;
      }
      beast::error_code error;
      const std::size_t used = answer_->parser->put(
          boost::asio::buffer(answer_->rest.data(), answer_->rest.size()), error);
      answer_->rest.erase(0, used);
      if (error == beast::http::error::need_more || (used == 0 && !error)) break;
      if (error) {
        state_ = State::kEnded;
        return false;
      }
    }
    if (answer_->parser->is_done()) {
      TakeAnswer();
      return true;
    }
  }
}

void HttpClient::TakeAnswer() {
  auto& message = answer_->parser->get();
  status_ = static_cast<int>(message.result_int());
  body_ = std::move(message.body());
  // Bytes beyond the answer belong to no request.
  state_ = message.keep_alive() && answer_->rest.empty() ? State::kIdle : State::kEnded;
}

base::Result<FetchedAnswer> Fetch(const sockaddr_in& server, std::string_view request,
                                  std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  HttpClient client(server);
  if (client.state() == HttpClient::State::kIdle) client.Send(request);
  while (client.state() == HttpClient::State::kWaiting) {
    if (client.Continue()) return FetchedAnswer{client.status(), client.body()};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    if (left.count() <= 0) break;
    const short wanted = client.is_sending() ? POLLOUT : POLLIN;
    pollfd waits{.fd = client.socket(), .events = wanted, .revents = 0};
    if (::poll(&waits, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) break;
  }
  return base::Unavailable("no answer: is a server listening there?");
}

}  // namespace geoclimate::load
