#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "geoclimate/base/descriptor.h"
#include "geoclimate/base/result.h"

namespace geoclimate::load {

// An IPv4 address and port. kInvalidArgument for a name that is none and is not "localhost".
base::Result<sockaddr_in> ServerAddress(const std::string& host, std::uint16_t port);

// One HTTP/1.1 connection that asks and is answered, one request after the other, and never blocks:
// made for edge-triggered epoll. Not thread-safe.
class HttpClient {
 public:
  enum class State : std::uint8_t {
    kIdle,     // may Send()
    kWaiting,  // for the answer
    kEnded,    // refused, broken, or closed by the server after an answer; of no more use
  };

  // Begins to connect.
  explicit HttpClient(const sockaddr_in& server);
  ~HttpClient();

  int socket() const { return socket_.get(); }
  State state() const { return state_; }

  // Begins to send a whole request, whose bytes outlive the exchange. Only when idle. Then
  // Continue().
  void Send(std::string_view request);
  // Goes on as far as it can without waiting; to be called for every event of the socket. True when
  // this call ended an exchange with a whole answer.
  bool Continue();
  // Whether it waits for the socket to take more of the request.
  bool is_sending() const { return !unsent_.empty(); }

  // Of the last whole answer.
  int status() const { return status_; }
  const std::string& body() const { return body_; }

 private:
  struct Answer;
  bool Read();
  void TakeAnswer();

  base::Descriptor socket_;
  State state_ = State::kIdle;
  std::string_view unsent_;
  std::unique_ptr<Answer> answer_;
  int status_ = 0;
  std::string body_;
};

struct FetchedAnswer {
  int status = 0;
  std::string body;
};
// Connects, asks once and waits for the answer. kUnavailable when there is none within `patience`.
base::Result<FetchedAnswer> Fetch(const sockaddr_in& server, std::string_view request,
                                  std::chrono::milliseconds patience);

}  // namespace geoclimate::load
