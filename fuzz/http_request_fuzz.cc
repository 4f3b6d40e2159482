// Whatever arrives on a connection, however it is cut into pieces, the answers are the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "geoclimate/base/check.h"
#include "geoclimate/base/clock.h"
#include "geoclimate/server/http/local_client.h"

namespace {

namespace http = geoclimate::server::http;
using geoclimate::base::Result;

http::RouteTable Routes() {
  http::RouteTable table;
  const auto add = [&](http::Method method, std::string_view path, http::Handler handler) {
    http::Route route;
    route.method = method;
    route.path = path;
    route.scope = http::Scope::kRead;
    route.listener = http::Listener::kPublic;
    route.max_body_bytes = method == http::Method::kPost ? 4096 : 0;
    route.handler = std::move(handler);
    table.routes.push_back(std::move(route));
  };
  add(http::Method::kGet, "/items/{name}",
      [](const http::Request& request, http::Response& response) -> Result<void> {
        GC_ASSIGN_OR_RETURN(const http::QueryString query, request.query());
        response.body() = request.path_parameter("name");
        for (const http::QueryParameter& parameter : query.all()) {
          response.AddHeader("X-Parameter", parameter.value);
        }
        if (response.AnswerNotModified(request, "\"tag\"")) response.body().clear();
        return {};
      });
  add(http::Method::kPost, "/echo", [](const http::Request& request, http::Response& response) {
    response.body() = request.body();
    return Result<void>();
  });
  return table;
}

struct Answers {
  std::vector<std::string> served;
  // The last one says that the bytes are no HTTP and ends the connection. Which of several faults
  // is found first may depend on how they arrive; that one is found, and what was answered before,
  // may not.
  bool refused = false;
};

// Without what differs for a reason: identities made at random, and whether the body had come when
// it was asked for.
std::string Comparable(std::string answer) {
  const auto erase = [&](std::string_view start, std::string_view end) {
    const std::size_t at = answer.find(start);
    if (at == std::string::npos) return;
    const std::size_t from = at + start.size();
    answer.erase(from, answer.find(end, from) - from);
  };
  erase("X-Request-Id: ", "\r\n");
  erase("\"request_id\":\"", "\"");
  return answer;
}

Answers Split(std::string_view text) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  Answers answers;
  while (!text.empty()) {
    if (text.starts_with(kContinue)) {
      text.remove_prefix(kContinue.size());
      continue;
    }
    const std::size_t head = text.find("\r\n\r\n") + 4;
    const std::string fields(text.substr(0, head));
    const std::size_t field = fields.find("\r\nContent-Length: ");
    std::size_t length = field == std::string::npos ? 0 : std::stoul(fields.substr(field + 18));
    if (text.substr(head, 5) == "HTTP/") length = 0;  // of HEAD
    length = std::min(length, text.size() - head);
    const std::string_view status = text.substr(9, 3);
    answers.refused = fields.find("\r\nConnection: close\r\n") != std::string::npos &&
                      (status == "400" || status == "431" || status == "501" || status == "505");
    if (!answers.refused)
      answers.served.push_back(Comparable(std::string(text.substr(0, head + length))));
    text.remove_prefix(head + length);
  }
  return answers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const geoclimate::base::FakeClock clock{geoclimate::base::Timestamp{}};
  static http::LocalClient client(Routes(), clock);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Answers whole = Split(client.Exchange(bytes));
  const std::size_t piece = size == 0 ? 1 : 1 + data[size / 2] % 7;
  const Answers pieces = Split(client.Exchange(bytes, piece));
  GC_CHECK(whole.served == pieces.served, "how the bytes arrive changes no answer");
  // A malformed header may be refused before its end when it comes at once, and is waited for when
  // it does not.
  GC_CHECK(whole.refused || !pieces.refused, "nor makes it a fault of what is none");
  return 0;
}
