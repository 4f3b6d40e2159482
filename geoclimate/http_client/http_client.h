#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "geoclimate/base/clock.h"
#include "geoclimate/base/result.h"
#include "geoclimate/http_client/ip_address.h"
#include "geoclimate/http_client/request.h"
#include "geoclimate/http_client/resolver.h"

namespace geoclimate::http_client {

class HandlePool;

// None changes at run time.
struct HttpClientOptions {
  // Sent as User-Agent.
  std::string user_agent = "geoclimate";
  // Longest wait for a connection, TLS handshake included. Smaller gives up a dead host sooner.
  std::chrono::milliseconds connect_timeout{5'000};
  // A transfer that moves no byte for so long is given up, whatever its deadline: bounds what a
  // stalled peer can hold. Whole seconds.
  std::chrono::seconds stall_timeout{30};
  // Connections kept open for the next request, each by a handle of its own.
  std::size_t max_idle_connections = 16;
  // Certificates that are trusted instead of the system's; PEM.
  std::filesystem::path ca_file = {};
  // What Destination::kGuarded may connect to, and who says which addresses a name has.
  std::function<bool(const IpAddress&)> may_reach = &IsPublic;
  Resolver resolver = &ResolveBySystem;
};

// Sends requests and waits for their answers, on the thread that asks: for background threads.
//
//   const base::Result<Answer> answer = client.Send(
//       {.url = "https://api.example.org/v1/values",
//        .deadline = base::Deadline::After(clock, std::chrono::seconds(10))});
//   if (!answer.ok()) return answer.error();      // no whole answer came
//   if (answer->status != 200) ...                // whatever the server said
//
// Redirects are not followed, they are answers. Certificates are verified. The environment's proxy
// settings and ~/.netrc are not looked at. A request on a kept connection that turns out to be
// closed goes out once more on a fresh one if no byte of an answer came, POST too, unless its body
// is a source: see Answer::times_sent. A guarded request never does.
//
// Errors: kInvalidArgument for a URL or header that cannot be one; kUnavailable when there was no
// connection or it broke before the answer was whole, which a caller may try again;
// kDeadlineExceeded; kCancelled; kOutOfRange for an answer that is too large; kDataLoss for one
// that is not HTTP; kFailedPrecondition for a certificate that is not trusted; kPermissionDenied by
// the guard; an error of the body's source or sink as it is.
//
// Thread-safe: each Send() has a connection of its own. `clock` must outlive the client.
class HttpClient {
 public:
  explicit HttpClient(const base::Clock& clock, HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  base::Result<Answer> Send(const Request& request) const;

 private:
  const base::Clock& clock_;
  const HttpClientOptions options_;
  std::unique_ptr<HandlePool> handles_;
};

}  // namespace geoclimate::http_client
